//! Credentials: every source of them, and that nobody else ever sees them.

use std::path::Path;

use naja_testkit::{Index, IndexBuilder, Output, Sandbox, Wheel};

use crate::{frozen, sandbox};

/// What must never be seen.
const SECRET: &str = "s3cret-feather";

fn private() -> Index {
    IndexBuilder::harry()
        .basic_auth(&format!("owl:{SECRET}"))
        .serve()
}

fn with_venv() -> Sandbox {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    sandbox
}

/// Runs the program with a text on standard input.
fn run_with(sandbox: &Sandbox, input: &str, arguments: &[&str]) -> Output {
    let file = sandbox.write("stdin", input);
    let mut command = sandbox.command();
    command
        .args(arguments)
        .stdin(std::fs::File::open(file).unwrap());
    let output = sandbox.finish(&mut command);
    std::fs::remove_file(sandbox.work().join("stdin")).unwrap();
    output
}

fn host(index: &Index) -> String {
    let url = index.url();
    url.strip_suffix("simple/").unwrap().to_owned()
}

/// Puts a program onto the search path; returns where it can write.
fn program(sandbox: &mut Sandbox, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let staged = sandbox.write("staged", &format!("#!/bin/sh\n{script}"));
    std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = sandbox.work().join("bin");
    std::fs::create_dir_all(&path).unwrap();
    // Copied by another process: a file that this one wrote may still be open in a child.
    let mut copy = std::process::Command::new("cp");
    let copied = copy.arg(&staged).arg(path.join(name)).status().unwrap();
    assert!(copied.success());
    let rest = std::env::var("PATH").unwrap_or_default();
    sandbox.set("PATH", format!("{}:{rest}", path.display()));
}

#[test]
fn a_login_is_kept_used_shown_and_forgotten() {
    let (index, sandbox) = (private(), with_venv());
    let service = host(&index);
    let kept = run_with(
        &sandbox,
        &format!("{SECRET}\n"),
        &["auth", "login", &service, "-u", "owl", "--password", "-"],
    )
    .success();
    assert!(kept.stderr.contains("logins.json"), "{}", kept.stderr);
    assert_eq!(kept.stdout, "");
    let install = ["pip", "install", "-v", "-i", &index.url(), "harry"];
    let installed = sandbox.run(install).success();
    assert!(!installed.stderr.contains(SECRET), "{}", installed.stderr);
    assert_eq!(frozen(&sandbox), "harry==3.0\n");
    assert_eq!(index.count("/simple/harry/"), 1, "sent at once");

    let shown = sandbox.run(["auth", "token", &service, "-v"]).success();
    assert_eq!(shown.stdout, format!("{SECRET}\n"));
    assert!(!shown.stderr.contains(SECRET));
    let _other = sandbox
        .run(["auth", "token", &service, "-u", "cat"])
        .code(1);
    let dir = sandbox.run(["auth", "dir"]).success().stdout;
    assert_eq!(dir, "[DIR]/home/.local/share/naja/credentials\n");

    let _forgotten = sandbox.run(["auth", "logout", &service]).success();
    let _unknown = sandbox.run(["auth", "token", &service]).code(1);
    let _unknown = sandbox.run(["auth", "logout", &service]).code(1);
    let again = ["pip", "install", "-i", &index.url(), "sirius"];
    let refused = sandbox.run(again).code(2);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("naja auth login"),
        "{}",
        refused.stderr
    );
}

#[test]
fn tokens_and_missing_words() {
    let sandbox = sandbox();
    let service = "https://index.example/team";
    let _kept = run_with(
        &sandbox,
        SECRET,
        &["auth", "login", service, "--token", "-"],
    )
    .success();
    let arguments = ["auth", "token", service, "-u", "__token__"];
    let shown = sandbox.run(arguments).success();
    assert_eq!(shown.stdout, format!("{SECRET}\n"));
    for (arguments, status) in [
        (&["auth", "login", service][..], 2),
        (&["auth", "login", service, "-u", "owl"], 2),
        (&["auth", "login", service, "-u", "a", "--token", "b"], 2),
        (
            &[
                "auth",
                "login",
                "ftp://index.example/",
                "-u",
                "a",
                "--password",
                "b",
            ],
            2,
        ),
        (&["auth", "login"], 2),
        (&["auth", "token", "https://other.example/"], 1),
    ] {
        let output = sandbox.run(arguments).code(status);
        assert!(!output.stderr.contains(SECRET));
    }
    let insecure = [
        "auth",
        "login",
        "http://index.example",
        "-u",
        "a",
        "--password",
        "b",
    ];
    let output = sandbox.run(insecure).success();
    assert!(output.stderr.contains("TLS"), "{}", output.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (index, sandbox) = (private(), with_venv());
    let service = host(&index);
    let arguments = ["auth", "login", &service, "-u", "owl", "--password", SECRET];
    let _kept = sandbox.run(arguments).success();
    let file = sandbox
        .home()
        .join(".local/share/naja/credentials/logins.json");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let install = ["pip", "install", "-i", &index.url(), "harry"];
    for arguments in [&install[..], &["auth", "token", &service]] {
        let refused = sandbox.run(arguments).code(2);
        assert!(
            refused.stderr.contains("others can read it"),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains(SECRET) && !refused.stdout.contains(SECRET));
    }
    assert_eq!(index.requests().len(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn the_keyring_of_the_system_is_preferred() {
    let (index, mut sandbox) = (private(), with_venv());
    // Keeps one secret in a file, and says what it was asked.
    program(
        &mut sandbox,
        "secret-tool",
        "dir=$(dirname \"$0\"); echo \"$@\" >> \"$dir/asked\"\n\
         case \"$1\" in\n\
         store) cat > \"$dir/held\";;\n\
         lookup) cat \"$dir/held\";;\n\
         clear) rm \"$dir/held\";;\n\
         esac\n",
    );
    sandbox.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let service = host(&index);
    let arguments = ["auth", "login", &service, "-u", "owl", "--password", "-"];
    let _kept = run_with(&sandbox, SECRET, &arguments).success();
    assert_eq!(sandbox.read("bin/held"), SECRET);
    let file = sandbox
        .home()
        .join(".local/share/naja/credentials/logins.json");
    assert!(!std::fs::read_to_string(file).unwrap().contains(SECRET));
    let install = ["pip", "install", "-i", &index.url(), "sirius"];
    let _installed = sandbox.run(install).success();
    let lookups = |sandbox: &Sandbox| sandbox.read("bin/asked").matches("lookup").count();
    assert_eq!(lookups(&sandbox), 1, "once per run");
    let shown = sandbox.run(["auth", "token", &service]).success();
    assert_eq!(shown.stdout, format!("{SECRET}\n"));
    let _forgotten = sandbox.run(["auth", "logout", &service]).success();
    assert!(!sandbox.work().join("bin/held").exists());
    assert!(!sandbox.read("bin/asked").contains(SECRET));
}

#[cfg(unix)]
#[test]
fn the_keyring_program_is_asked_by_pips_names_too() {
    let script = format!(
        "dir=$(dirname \"$0\"); echo \"$@\" >> \"$dir/asked\"\n\
         case \"$*\" in\n\
         *' owl') echo {SECRET};;\n\
         '--mode creds get '*) printf 'owl\\n{SECRET}\\n';;\n\
         *) exit 1;;\n\
         esac\n"
    );
    for variable in [
        "UV_KEYRING_PROVIDER",
        "PIP_KEYRING_PROVIDER",
        "NAJA_KEYRING_PROVIDER",
    ] {
        let (index, mut sandbox) = (private(), with_venv());
        program(&mut sandbox, "keyring", &script);
        sandbox.set(variable, "subprocess");
        let install = [
            "pip",
            "install",
            "-v",
            "-i",
            &index.url(),
            "sirius",
            "remus[moon]",
        ];
        let installed = sandbox.run(install).success();
        assert!(!installed.stderr.contains(SECRET));
        let address = index.url();
        assert_eq!(
            sandbox.read("bin/asked"),
            format!("--mode creds get {address}\n")
        );
    }
    let (index, mut sandbox) = (private(), with_venv());
    program(&mut sandbox, "keyring", &script);
    let url = index.url_with("owl");
    let refused = sandbox.run(["pip", "install", "-i", &url, "harry"]).code(2);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    let asked = [
        "pip",
        "install",
        "--keyring-provider",
        "subprocess",
        "-i",
        &url,
        "harry",
    ];
    let _installed = sandbox.run(asked).success();
    assert_eq!(
        sandbox.read("bin/asked"),
        format!("get {} owl\n", index.url())
    );
}

#[test]
fn a_private_index_that_fails_is_an_error_under_every_strategy() {
    use naja_testkit::Fault;
    for strategy in ["first-index", "unsafe-first-match", "unsafe-best-match"] {
        for status in [401, 403, 500, 503] {
            let private = IndexBuilder::default()
                .wheel(&Wheel::new("harry", "9.0"))
                .fault("/simple/harry/", Fault::Status(status), 99)
                .serve();
            let public = IndexBuilder::harry().serve();
            let mut sandbox = with_venv();
            sandbox.use_index(&public.url());
            let arguments = [
                "pip",
                "install",
                "--retries",
                "0",
                "--index-strategy",
                strategy,
                "--index",
                &private.url(),
                "harry",
            ];
            let output = sandbox.run(arguments).code(2);
            let said = output.stderr.contains(&status.to_string());
            assert!(said, "{strategy} {status}: {}", output.stderr);
            if strategy == "first-index" {
                assert_eq!(public.count("harry"), 0, "{status}");
            }
        }
        let public = IndexBuilder::harry().serve();
        let mut sandbox = with_venv();
        sandbox.use_index(&public.url());
        let arguments = [
            "pip",
            "install",
            "--retries",
            "0",
            "--index-strategy",
            strategy,
            "--index",
            "http://127.0.0.1:9/simple/",
            "harry",
        ];
        let _refused = sandbox.run(arguments).code(2);
    }
}

#[test]
fn what_an_index_may_answer_is_set_for_it() {
    use naja_testkit::Fault;
    let private = IndexBuilder::default()
        .fault("/simple/", Fault::Status(403), 99)
        .serve();
    let public = IndexBuilder::harry().serve();
    let mut sandbox = with_venv();
    sandbox.use_index(&public.url());
    let index = |extra: &str| {
        format!(
            "[[index]]\nname = \"corp\"\nurl = \"{}\"\n{extra}\n",
            private.url()
        )
    };
    sandbox.write("naja.toml", &index("ignore-error-codes = [403]"));
    let _installed = sandbox.run(["pip", "install", "harry"]).success();
    sandbox.write("naja.toml", &index("authenticate = \"always\""));
    private.forget();
    let refused = sandbox.run(["pip", "install", "sirius"]).code(2);
    assert!(
        refused.stderr.contains("credentials are required"),
        "{}",
        refused.stderr
    );
    assert_eq!(private.requests().len(), 0);
}

#[test]
fn packages_pinned_to_an_index_come_from_nowhere_else() {
    let corp = IndexBuilder::default()
        .wheel(&Wheel::new("harry", "3.0.1"))
        .serve();
    for (file, table) in [
        ("naja.toml", ""),
        ("pyproject.toml", "tool.naja."),
        ("pyproject.toml", "tool.uv."),
        ("uv.toml", ""),
    ] {
        let public = IndexBuilder::harry().serve();
        let mut sandbox = with_venv();
        sandbox.use_index(&public.url());
        corp.forget();
        let text = format!(
            "[[{table}index]]\nname = \"corp\"\nurl = \"{}\"\nexplicit = true\n\n\
             [{table}sources]\nharry = {{ index = \"corp\" }}\n\
             other = {{ path = \"x\" }}\n",
            corp.url()
        );
        sandbox.write(file, &text);
        let _installed = sandbox.run(["pip", "install", "sirius"]).success();
        assert_eq!(frozen(&sandbox), "harry==3.0.1\nsirius==2.0\n", "{file}");
        assert_eq!(public.count("/simple/harry/"), 0, "{file}");
        assert_eq!(corp.count("/simple/sirius/"), 0, "explicit");
        let compiled = run_with(&sandbox, "harry\n", &["pip", "compile", "-q", "-"]).success();
        assert!(
            compiled.stdout.contains("harry==3.0.1"),
            "{}",
            compiled.stdout
        );
        let _best = run_with(
            &sandbox,
            "harry\n",
            &[
                "pip",
                "compile",
                "--index-strategy",
                "unsafe-best-match",
                "--refresh",
                "-",
            ],
        )
        .success();
        assert_eq!(public.count("/simple/harry/"), 0, "{file}");
        let ignored = ["pip", "compile", "--no-sources", "-"];
        let ignored = run_with(&sandbox, "harry\n", &ignored).success();
        assert!(
            ignored.stdout.contains("harry==3.0\n"),
            "{}",
            ignored.stdout
        );
    }
    let sandbox = with_venv();
    sandbox.write("naja.toml", "[sources]\nharry = { index = \"corp\" }\n");
    let unknown = sandbox.run(["pip", "install", "harry"]).code(2);
    assert!(unknown.stderr.contains("corp"), "{}", unknown.stderr);
    let named = format!("corp={}", corp.url());
    let _installed = sandbox
        .run(["pip", "install", "--index", &named, "harry"])
        .success();
}

#[test]
fn the_next_mirror_is_used_and_the_result_is_the_same() {
    use naja_testkit::Fault;
    let working = IndexBuilder::harry().serve();
    let broken = IndexBuilder::harry()
        .fault("/simple/", Fault::Status(502), 99)
        .serve();
    let compile = |mirrors: &str| {
        let mut sandbox = sandbox();
        let text = format!(
            "[[index]]\nname = \"corp\"\nurl = \"https://index.example/simple/\"\n\
             default = true\nmirrors = [{mirrors}]\n"
        );
        sandbox.write("naja.toml", &text);
        let arguments = [
            "pip",
            "compile",
            "--emit-index-url",
            "--emit-index-annotation",
            "--generate-hashes",
            "-",
        ];
        sandbox.set("NAJA_HTTP_RETRIES", "0");
        run_with(&sandbox, "sirius\n", &arguments).success().stdout
    };
    let one = compile(&format!("\"{}\"", working.url()));
    let two = compile(&format!("\"{}\", \"{}\"", broken.url(), working.url()));
    assert_eq!(one, two);
    assert!(one.contains("https://index.example/simple"), "{one}");
}

/// All files below a directory that contain the secret.
fn leaks(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let named = path.to_string_lossy().contains(SECRET);
        if path.is_dir() && !path.is_symlink() {
            leaks(&path, found);
        } else if named
            || std::fs::read(&path)
                .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(SECRET))
        {
            found.push(path.display().to_string());
        }
    }
}

#[cfg(unix)]
#[test]
fn secrets_are_seen_nowhere() {
    use naja_testkit::Fault;
    let harry = Wheel::new("harry", "3.0").file_name();
    let index = IndexBuilder::harry()
        .basic_auth(&format!("owl:{SECRET}"))
        .fault("hedwig-2.0", Fault::Truncate, 1)
        .fault("/simple/broken/", Fault::Status(500), 99)
        .serve();
    let mut sandbox = with_venv();
    // The interpreter and any other child would see them in its arguments.
    let asked = "echo \"$@\" >> \"$(dirname \"$0\")/asked\"; exit 1";
    program(&mut sandbox, "keyring", asked);
    program(&mut sandbox, "git", asked);
    let url = index.url_with(&format!("owl:{SECRET}"));
    let proxy = format!("http://owl:{SECRET}@127.0.0.1:9");
    let file = index
        .file_url(&harry)
        .replace("http://", &format!("http://owl:{SECRET}@"));
    let direct = format!("harry@{file}");
    let wrong = index.url_with(&format!("cat:{SECRET}"));
    let query = format!("{}?token={SECRET}", index.url());
    let install = "pip install -vv";
    let runs = [
        (format!("{install} -i {url} sirius hedwig"), Some(0)),
        (format!("{install} -i {url} broken --retries 0"), Some(2)),
        (format!("{install} -i {url} unknown"), Some(1)),
        (format!("{install} -i {wrong} remus"), Some(2)),
        (
            format!("{install} --keyring-provider subprocess -i {query} remus"),
            Some(2),
        ),
        (
            format!("{install} --proxy {proxy} -i http://127.0.0.2:9/s/ remus"),
            Some(2),
        ),
        (format!("{install} --no-deps --reinstall {direct}"), Some(0)),
        (
            format!("{install} -i {url} --output-format json ginny"),
            None,
        ),
        (format!("{install} -i {url} not/a;requirement"), Some(2)),
        (format!("{install} -f {url} nobody --no-index"), None),
        (
            format!("--show-settings pip install -i {url} -f {url} --proxy {proxy} x"),
            Some(0),
        ),
        ("pip freeze".to_owned(), Some(0)),
        ("pip show -f harry".to_owned(), Some(0)),
        ("pip list --format json".to_owned(), Some(0)),
        (format!("auth login {url} --token {SECRET} -vv"), Some(0)),
        (format!("auth logout {url} -u __token__ -vv"), Some(0)),
    ];
    for (arguments, status) in runs {
        let output = sandbox.run(arguments.split(' '));
        if let Some(status) = status {
            assert_eq!(output.status, status, "{arguments:?}\n{}", output.stderr);
        }
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(!said.contains(SECRET), "{arguments:?}\n{said}");
    }
    let compile = format!("pip compile -vv --emit-index-url -i {url} -o out.txt -");
    let compile: Vec<&str> = compile.split(' ').collect();
    let compiled = run_with(&sandbox, "sirius\n", &compile).success();
    assert!(!format!("{compiled:?}").contains(SECRET), "{compiled:?}");
    sandbox.set("HTTPS_PROXY", format!("socks9://owl:{SECRET}@x"));
    let odd = sandbox.run(["pip", "install", "-vv", "-i", "https://index.example/", "x"]);
    assert!(!format!("{odd:?}").contains(SECRET), "{odd:?}");
    let mut found = Vec::new();
    for dir in [sandbox.work(), sandbox.cache(), sandbox.home()] {
        leaks(&dir, &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
    assert!(sandbox.site_packages(".venv").is_dir());
}

#[test]
fn an_index_may_have_its_own_cutoff() {
    let index = IndexBuilder::harry().serve();
    let sandbox = sandbox();
    let compiled = |extra: &str| {
        let text = format!(
            "exclude-newer = \"2023-06-01T00:00:00Z\"\n\
             [[index]]\nurl = \"{}\"\ndefault = true\n{extra}\n",
            index.url()
        );
        sandbox.write("naja.toml", &text);
        run_with(&sandbox, "harry\n", &["pip", "compile", "-q", "-"]).success()
    };
    assert!(compiled("").stdout.contains("harry==1.0\n"));
    assert!(
        compiled("exclude-newer = false")
            .stdout
            .contains("harry==3.0\n")
    );
    let own = compiled("exclude-newer = \"2024-02-01T00:00:00Z\"");
    assert!(own.stdout.contains("harry==3.0\n"));
}

#[test]
fn a_password_is_asked_for_at_a_terminal_and_not_shown() {
    let pythons = naja_testkit::find_pythons();
    let Some(python) = pythons.first() else {
        eprintln!("skipped: there is no Python to make a terminal with");
        return;
    };
    let (index, sandbox) = (private(), with_venv());
    let service = host(&index);
    let terminal = r#"
import os, pty, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
def until(word):
    global seen
    while word not in seen:
        seen += os.read(fd, 4096)
until(b"User name")
os.write(fd, b"owl\n")
until(b"Password")
while termios.tcgetattr(fd)[3] & termios.ECHO:
    pass
os.write(fd, b"SECRET\n")
try:
    while True:
        seen += os.read(fd, 4096) or exit()
except OSError:
    pass
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(status) if hasattr(os, "waitstatus_to_exitcode") else status >> 8)
"#;
    let terminal = terminal.replace("SECRET", SECRET);
    let mut command = sandbox.command_of(python);
    command.args(["-c", &terminal]);
    command.args([env!("CARGO_BIN_EXE_naja"), "auth", "login", &service]);
    let seen = sandbox.finish(&mut command).success().stdout;
    assert!(!seen.contains(SECRET), "{seen}");
    let shown = sandbox.run(["auth", "token", &service]).success();
    assert_eq!(shown.stdout, format!("{SECRET}\n"));
}

#[test]
fn an_index_may_count_in_some_environments_only() {
    let [linux, other] = ["1.0+lin", "2.0+oth"].map(|version| {
        IndexBuilder::default()
            .wheel(&Wheel::new("wand", version))
            .serve()
    });
    let public = IndexBuilder::default()
        .wheel(&Wheel::new("wand", "3.0"))
        .wheel(&Wheel::new("ron", "1.0").requires("wand"))
        .serve();
    let mut sandbox = with_venv();
    sandbox.use_index(&public.url());
    let sources = |second: &str| {
        let index = |name: &str, url: &str| {
            format!("[[index]]\nname = \"{name}\"\nurl = \"{url}\"\nexplicit = true\n")
        };
        let text = format!(
            "{}{}[sources]\nwand = [{{ index = \"lin\", marker = \"sys_platform == 'linux'\" }},\n\
             {{ index = \"oth\", marker = \"{second}\" }}]\n",
            index("lin", &linux.url()),
            index("oth", &other.url())
        );
        sandbox.write("naja.toml", &text);
    };
    let compiled = |input: &str, more: &[&str]| {
        sandbox.write("in.txt", input);
        let mut arguments = vec![
            "pip",
            "compile",
            "-q",
            "--no-header",
            "--no-annotate",
            "in.txt",
        ];
        arguments.extend(more);
        sandbox.run(arguments).success().stdout
    };
    sources("sys_platform != 'linux'");
    assert_eq!(
        compiled("wand\n", &["--universal"]),
        "wand==1.0+lin ; sys_platform == 'linux'\nwand==2.0+oth ; sys_platform != 'linux'\n"
    );
    assert_eq!(public.count("/simple/wand/"), 0);
    assert_eq!(
        compiled("wand\n", &["--python-platform", "linux"]),
        "wand==1.0+lin\n"
    );
    assert_eq!(
        compiled("wand\n", &["--python-platform", "windows"]),
        "wand==2.0+oth\n"
    );
    // Where no source counts, it comes from where everything comes from.
    sources("sys_platform == 'win32'");
    assert_eq!(
        compiled("wand\n", &["--universal"]),
        "wand==1.0+lin ; sys_platform == 'linux'\nwand==2.0+oth ; sys_platform == 'win32'\n\
         wand==3.0 ; sys_platform != 'linux' and sys_platform != 'win32'\n"
    );
    assert_eq!(
        compiled("wand\n", &["--python-platform", "macos"]),
        "wand==3.0\n"
    );
    assert_eq!(compiled("ron\n", &[]), "ron==1.0\nwand==1.0+lin\n");
}
