//! Indexes: several of them, credentials, configuration of other tools.

use naja_testkit::{IndexBuilder, Wheel};

use crate::{frozen, sandbox, with_venv};

#[test]
fn the_first_index_that_knows_a_name_is_the_only_one() {
    let private = IndexBuilder::default()
        .wheel(&Wheel::new("harry", "0.5"))
        .serve();
    let (sandbox, public) = with_venv();
    let url = private.url();
    let arguments = [
        "pip",
        "install",
        "--index",
        &url,
        "sirius==2.0",
        "--no-deps",
        "harry",
    ];
    let _installed = sandbox.run(arguments).success();
    assert_eq!(frozen(&sandbox), "harry==0.5\nsirius==2.0\n");
    assert_eq!(public.count("/simple/harry/"), 0);
    let best = [
        "pip",
        "install",
        "--index-strategy",
        "unsafe-best-match",
        "-U",
        "--index",
        &url,
    ];
    let _installed = sandbox.run(best.into_iter().chain(["harry"])).success();
    assert!(frozen(&sandbox).starts_with("harry==3.0\n"));
}

#[test]
fn a_private_index_that_refuses_is_an_error() {
    let private = IndexBuilder::harry()
        .basic_auth("owl:secret-feather")
        .serve();
    let (sandbox, _public) = with_venv();
    let output = sandbox
        .run(["pip", "install", "--index", &private.url(), "harry"])
        .code(2);
    assert!(output.stderr.contains("401"), "{}", output.stderr);
    let wrong = private.url_with("owl:wrong-feather");
    let output = sandbox
        .run(["pip", "install", "--index", &wrong, "harry"])
        .code(2);
    assert!(
        !output.stderr.contains("wrong-feather"),
        "{}",
        output.stderr
    );
    assert_eq!(frozen(&sandbox), "");
}

#[test]
fn credentials_come_from_the_url_the_environment_or_netrc() {
    let private = IndexBuilder::harry()
        .basic_auth("owl:secret-feather")
        .serve();
    let with_credentials = private.url_with("owl:secret-feather");
    let mut sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    let output = sandbox
        .run([
            "pip",
            "install",
            "-v",
            "--default-index",
            &with_credentials,
            "harry",
        ])
        .success();
    assert!(
        !output.stderr.contains("secret-feather"),
        "{}",
        output.stderr
    );
    sandbox.set("NAJA_INDEX_CASTLE_USERNAME", "owl");
    sandbox.set("NAJA_INDEX_CASTLE_PASSWORD", "secret-feather");
    let named = format!("castle={}", private.url());
    let _installed = sandbox
        .run(["pip", "install", "--default-index", &named, "remus"])
        .success();
    let mut other = crate::sandbox();
    let _made = other.run(["venv", "-q"]).success();
    let netrc = other.write(
        "netrc",
        "machine 127.0.0.1 login owl password secret-feather\n",
    );
    other.set("NETRC", netrc.to_string_lossy());
    let _installed = other
        .run(["pip", "install", "-i", &private.url(), "harry"])
        .success();
    assert_eq!(frozen(&other), "harry==3.0\n");
}

#[test]
fn the_configuration_of_pip_and_uv_counts() {
    let index = IndexBuilder::harry().serve();
    for (name, path, text) in [
        (
            "pip.conf",
            "pip.conf",
            format!("[global]\nindex-url = {}\n", index.url()),
        ),
        (
            "uv.toml",
            "uv.toml",
            format!("index-url = \"{}\"\n", index.url()),
        ),
        (
            "pyproject",
            "pyproject.toml",
            format!(
                "[[tool.uv.index]]\nurl = \"{}\"\ndefault = true\n",
                index.url()
            ),
        ),
    ] {
        let mut sandbox = sandbox();
        let file = sandbox.write(path, &text);
        if name == "pip.conf" {
            sandbox.set("PIP_CONFIG_FILE", file.to_string_lossy());
        }
        let _made = sandbox.run(["venv", "-q"]).success();
        let _installed = sandbox.run(["pip", "install", "harry"]).success();
        assert_eq!(frozen(&sandbox), "harry==3.0\n", "{name}");
    }
    for variable in [
        "PIP_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "NAJA_INDEX_URL",
    ] {
        let mut sandbox = sandbox();
        sandbox.set(variable, index.url());
        let _made = sandbox.run(["venv", "-q"]).success();
        let _installed = sandbox.run(["pip", "install", "harry"]).success();
    }
}

#[test]
fn a_server_that_is_down_is_an_error_with_a_hint() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    let arguments = [
        "pip",
        "install",
        "--retries",
        "0",
        "-i",
        "http://127.0.0.1:9/simple/",
        "x",
    ];
    let output = sandbox.run(arguments).code(2);
    assert!(output.stderr.contains("127.0.0.1:9"), "{}", output.stderr);
    assert!(output.stderr.contains("hint"), "{}", output.stderr);
    let output = sandbox.run(["pip", "install", "--offline", "x"]).code(1);
    assert!(output.stderr.contains("x"), "{}", output.stderr);
}
