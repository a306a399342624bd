//! What people are told when a request cannot be met: who asks for what, why that fails, one thing to try,
//! in fifteen lines. `INSTA_UPDATE=always` writes the expected texts anew.

use naja_testkit::{Fault, Index, IndexBuilder, Sandbox, Wheel};

use crate::with_index;

/// The longest message, in lines.
const LINES: usize = 15;

/// Runs `pip compile` on requirements and returns the message, without what differs from machine to machine.
fn told(builder: IndexBuilder, requirements: &str, more: &[&str]) -> String {
    let (mut sandbox, index) = with_index(builder);
    sandbox.set("NAJA_HTTP_RETRIES", "0");
    told_by(&sandbox, &index, requirements, more)
}

fn told_by(sandbox: &Sandbox, index: &Index, requirements: &str, more: &[&str]) -> String {
    let _file = sandbox.write("requirements.in", requirements);
    let command = ["pip", "compile", "requirements.in"];
    let output = sandbox.run(command.iter().chain(more));
    let url = index.url();
    let root = url.trim_end_matches("simple/");
    let text = output.stderr.replace(root, "https://index.example/");
    let lines = text.lines().filter(|line| !line.starts_with("Resolved "));
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(text.lines().count() <= LINES, "{text}");
    assert!(
        text.contains("hint: ") || text.contains("warning: "),
        "{text}"
    );
    without_python(&text)
}

/// Replaces "this is Python 3.11.2" by one that every machine has.
fn without_python(text: &str) -> String {
    let known = "this is Python ";
    let Some((front, back)) = text.split_once(known) else {
        return text.to_owned();
    };
    let end = back.find([';', '\n', ',']).unwrap_or(back.len());
    format!("{front}{known}3.X.{}", &back[end..])
}

fn harry() -> IndexBuilder {
    IndexBuilder::harry()
}

#[test]
fn no_such_package() {
    let requests = harry().wheel(&Wheel::new("requests", "2.0"));
    insta::assert_snapshot!(told(requests, "reqeusts\n", &[]));
    insta::assert_snapshot!(told(harry(), "wingardium\n", &[]));
    let depends = harry().wheel(&Wheel::new("luna", "1.0").requires("hegwid>=1"));
    insta::assert_snapshot!(told(depends, "luna\n", &[]));
    insta::assert_snapshot!(told(harry(), "harry\n", &["--no-index"]));
}

#[test]
fn no_such_version() {
    let many = (1..9).fold(IndexBuilder::default(), |builder, minor| {
        builder.wheel(&Wheel::new("ron", &format!("1.{minor}")))
    });
    insta::assert_snapshot!(told(many, "ron==1.4.2\n", &[]));
    let depends = harry().wheel(&Wheel::new("luna", "1.0").requires("hedwig>=7"));
    insta::assert_snapshot!(told(depends, "luna\n", &[]));
}

#[test]
fn wheels_for_other_platforms_only() {
    insta::assert_snapshot!(told(harry(), "dobby\n", &[]));
    let older = harry().wheel(&Wheel::new("dobby", "0.9"));
    insta::assert_snapshot!(told(older, "dobby>=1\n", &[]));
}

#[test]
fn too_old_a_python() {
    let builder = harry().wheel(&Wheel::new("luna", "1.0").requires_python(">=3.99"));
    insta::assert_snapshot!(told(builder, "luna\n", &[]));
}

#[test]
fn prereleases_only() {
    insta::assert_snapshot!(told(harry(), "harry>3\n", &["--prerelease", "disallow"]));
}

#[test]
fn yanked_only() {
    let builder = harry().yanked(&Wheel::new("luna", "1.0"), "leaks memory");
    insta::assert_snapshot!(told(builder, "luna\n", &[]));
}

#[test]
fn excluded_by_date() {
    insta::assert_snapshot!(told(
        harry(),
        "harry>=3\n",
        &["--exclude-newer", "2023-06-01"]
    ));
}

#[test]
fn two_requirements_disagree() {
    insta::assert_snapshot!(told(harry(), "harry<2\nharry>=3\n", &[]));
    insta::assert_snapshot!(told(harry(), "draco\nginny\n", &[]));
    insta::assert_snapshot!(told(harry(), "sirius>=2\nharry<3\n", &[]));
}

#[test]
fn a_deep_conflict() {
    let builder = harry()
        .wheel(&Wheel::new("albus", "1.0").requires("minerva>=1"))
        .wheel(&Wheel::new("minerva", "1.0").requires("pomona"))
        .wheel(&Wheel::new("pomona", "1.0").requires("filius~=1.0"))
        .wheel(&Wheel::new("filius", "1.0").requires("harry==1"));
    insta::assert_snapshot!(told(builder, "albus\nharry>=3\n", &[]));
}

#[test]
fn an_extra_that_does_not_exist() {
    insta::assert_snapshot!(told(harry(), "remus[mon]\n", &["-o", "out.txt"]));
}

#[test]
fn an_index_that_wants_credentials() {
    let private = harry().basic_auth("owl:feather");
    insta::assert_snapshot!(told(private, "harry\n", &[]));
}

#[test]
fn an_index_that_refuses() {
    let refusing = harry().fault("/simple/harry/", Fault::Status(403), 99);
    insta::assert_snapshot!(told(refusing, "sirius\n", &[]));
}

#[test]
fn an_index_in_trouble() {
    let broken = harry().fault("/simple/harry/", Fault::Status(503), 99);
    insta::assert_snapshot!(told(broken, "sirius\n", &[]));
}

#[test]
fn a_page_whose_entries_are_refused() {
    let builder = IndexBuilder::default()
        .entry("luna", "luna-1.0.tar.gz", "file:///castle/luna-1.0.tar.gz")
        .entry("luna", "luna-1.1.tar.gz", "file:///castle/luna-1.1.tar.gz")
        .entry("luna", "luna-1.0.exe", "/files/luna-1.0.exe")
        .entry("luna", "ron-1.0.tar.gz", "/files/ron-1.0.tar.gz")
        .entry("luna", "luna-x.tar.gz", "/files/luna-x.tar.gz");
    insta::assert_snapshot!(told(builder, "luna\n", &[]));
}

#[test]
fn wheels_that_may_not_be_taken() {
    insta::assert_snapshot!(told(harry(), "harry\n", &["--no-binary", "harry"]));
}

#[cfg(unix)]
#[test]
fn an_environment_whose_python_is_gone() {
    let sandbox = crate::sandbox();
    let _config = sandbox.write(
        ".venv/pyvenv.cfg",
        "home = /castle/gone/bin\nversion = 3.11.2\n",
    );
    let bin = sandbox.work().join(".venv/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink("/castle/gone/bin/python3.11", bin.join("python")).unwrap();
    let told = sandbox.run(["pip", "list"]).code(2).stderr;
    for part in [
        "environment here is broken",
        "/castle/gone/bin/python3.11",
        "naja venv --clear",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_python_that_is_not_there() {
    let told = crate::sandbox().run(["python", "find", "3.7"]).stderr;
    assert!(told.contains("naja python list"), "{told}");
    assert!(told.contains("There are:\n"), "{told}");
}
