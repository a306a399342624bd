use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// Names that break scripts which quote badly.
const NASTY: [&str; 12] = [
    "plain",
    "with space",
    "it's \"quoted\"",
    "$HOME and ${PATH}",
    "`touch pwned` $(touch pwned)",
    "back\\slash \\n \\",
    "50% %PATH% %n",
    "wow!  !! !x",
    "ünïcode ‘typographic’ 蛇",
    "; touch pwned & touch pwned | x",
    "@ROOT@ @PROMPT@ a@b",
    "*?[a] {b,c} ~ # -n",
];

struct Case {
    dir: tempfile::TempDir,
    root: PathBuf,
    prompt: String,
}

impl Case {
    fn new(name: &str, relocatable: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join(name);
        let case = Self {
            dir,
            root,
            prompt: name.to_owned(),
        };
        case.write(relocatable);
        case
    }

    fn write(&self, relocatable: bool) {
        let bin = self.root.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let spec = ScriptSpec {
            root: self.root.to_str().unwrap(),
            bin: "bin",
            prompt: &self.prompt,
            relocatable,
            site_dirs: &["lib/python3.12/site-packages".to_owned()],
        };
        for script in scripts(&spec) {
            fs::write(bin.join(script.name), script.text).unwrap();
        }
    }

    /// Plays a script with the path of `activate*` in `$A`; returns its lines.
    fn play(&self, shell: &str, arguments: &[&str], script: &str) -> Option<Vec<String>> {
        let extension = if shell.ends_with("fish") {
            ".fish"
        } else if shell.ends_with("csh") {
            ".csh"
        } else {
            ""
        };
        let output = Command::new(shell)
            .args(arguments)
            .arg("-c")
            .arg(script)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.dir.path())
            .env("LC_ALL", "C.UTF-8")
            .env("A", self.root.join(format!("bin/activate{extension}")))
            .output();
        let Ok(output) = output else {
            println!("skipped: no {shell}");
            return None;
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.is_empty(), "{shell}: {errors}");
        assert!(output.status.success(), "{shell}: {:?}", output.status);
        assert!(
            !self.dir.path().join("pwned").exists(),
            "{shell} ran text of {:?}",
            self.prompt
        );
        Some(
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .map(str::to_owned)
                .collect(),
        )
    }
}

/// Every shell that reads `activate`, with its options.
const SHELLS: [(&str, &[&str]); 8] = [
    ("/bin/bash", &["--norc"]),
    ("/bin/dash", &[]),
    ("/usr/bin/zsh", &["-f"]),
    ("/bin/bash", &["--norc", "--posix"]),
    ("/usr/bin/ksh93", &[]),
    ("/usr/bin/mksh", &[]),
    ("/usr/bin/busybox", &["sh"]),
    ("/usr/bin/yash", &[]),
];

/// The POSIX script that activates, looks, deactivates and looks again.
const ROUND: &str = r#"set -eu
PYTHONHOME=/some/where; export PYTHONHOME; PS1='old> '
before=$PATH
. "$A"
printf '%s\n' "$VIRTUAL_ENV" "$VIRTUAL_ENV_PROMPT" "${PATH%%:*}" "${PYTHONHOME-unset}" "$PS1"
deactivate
printf '%s\n' "${VIRTUAL_ENV-unset}" "${VIRTUAL_ENV_PROMPT-unset}" "$PYTHONHOME" "$PS1"
[ "$PATH" = "$before" ] && echo same
if command -v deactivate; then :; fi
set | grep -E '^_?(OLD_VIRTUAL|NAJA|naja)' || :
"#;

#[test]
fn posix_shells_go_there_and_back() {
    for name in NASTY {
        for relocatable in [false, true] {
            let case = Case::new(name, relocatable);
            let root = case.root.to_str().unwrap();
            for (shell, arguments) in SHELLS {
                let mut arguments = arguments.to_vec();
                if !shell.ends_with("dash") && !shell.ends_with("yash") {
                    arguments.extend(["-o", "pipefail"]);
                }
                let Some(lines) = case.play(shell, &arguments, ROUND) else {
                    continue;
                };
                let what = format!("{shell} {arguments:?} {name} {relocatable}");
                assert_eq!(lines[0], root, "{what}");
                assert_eq!(lines[1], name, "{what}");
                assert_eq!(lines[2], format!("{root}/bin"), "{what}");
                assert_eq!(lines[3], "unset", "{what}");
                assert!(lines[4].ends_with("old> "), "{what}");
                assert_eq!(
                    lines[5..10],
                    ["unset", "unset", "/some/where", "old> ", "same"],
                    "{what}"
                );
                assert_eq!(lines.len(), 10, "{what}: {lines:?}");
            }
        }
    }
}

#[test]
fn prompts_are_shown_as_they_are_and_never_run() {
    for name in NASTY {
        let case = Case::new(name, false);
        let shown = case.play(
            "/bin/bash",
            &["--norc"],
            "PS1='> '; . \"$A\"; printf '%s' \"${PS1@P}\"",
        );
        if let Some(lines) = shown {
            assert_eq!(lines, [format!("({name}) > ")]);
        }
        let plain = name.replace(['$', '`', '\\'], "_");
        for option in ["prompt_subst", "no_prompt_subst"] {
            let script =
                format!("setopt {option}; PS1='> '; . \"$A\"; print -rn -- \"${{(%%)PS1}}\"");
            if let Some(lines) = case.play("/usr/bin/zsh", &["-f"], &script) {
                assert_eq!(lines, [format!("({plain}) > ")], "{option}");
            }
        }
    }
}

#[test]
fn an_interactive_dash_shows_the_prompt_as_it_is() {
    use std::io::Write;
    for name in NASTY {
        let case = Case::new(name, false);
        let child = Command::new("/bin/dash")
            .arg("-i")
            .current_dir(case.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("A", case.root.join("bin/activate"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn();
        let Ok(mut child) = child else {
            println!("skipped: no dash");
            return;
        };
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"PS1='> '; . \"$A\"\n:\n")
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(shown.contains(&format!("({name}) > ")), "{name}: {shown}");
        assert!(!case.dir.path().join("pwned").exists());
    }
}

#[test]
fn unset_and_empty_variables_come_back_as_they_were() {
    let case = Case::new("env", false);
    let look = r#"echo "${PATH-unset}|${PYTHONHOME-unset}|${PS1-unset}""#;
    for (prepare, expected) in [
        ("PATH=; PYTHONHOME=; PS1=", "||"),
        (
            "unset PATH; unset PYTHONHOME; unset PS1",
            "unset|unset|unset",
        ),
    ] {
        for (shell, arguments) in SHELLS {
            let script = format!("set -eu; {prepare}; . \"$A\"; {look}; deactivate; {look}");
            let Some(lines) = case.play(shell, arguments, &script) else {
                continue;
            };
            let bin = case.root.join("bin");
            assert_eq!(
                lines[0],
                format!("{}|unset|(env) ", bin.display()),
                "{shell} {prepare}"
            );
            assert_eq!(lines[1], expected, "{shell} {prepare}");
        }
    }
}

#[test]
fn activating_twice_or_over_another_counts_once() {
    let (first, second) = (Case::new("one", false), Case::new("two", false));
    let other = second.root.join("bin/activate");
    let script = format!(
        "set -eu; PS1='> '; before=$PATH; . \"$A\"; . \"$A\"; printf '%s\\n' \"$PATH\" \"$PS1\"\n\
         . '{0}'; printf '%s\\n' \"$PATH\" \"$PS1\" \"$VIRTUAL_ENV\"\n\
         deactivate; [ \"$PATH\" = \"$before\" ] && echo same \"$PS1\"",
        other.display()
    );
    for (shell, arguments) in SHELLS {
        let Some(lines) = first.play(shell, arguments, &script) else {
            continue;
        };
        assert_eq!(
            lines[0],
            format!("{}/bin:/usr/bin:/bin", first.root.display()),
            "{shell}"
        );
        assert_eq!(lines[1], "(one) > ", "{shell}");
        assert_eq!(
            lines[2],
            format!("{}/bin:/usr/bin:/bin", second.root.display()),
            "{shell}"
        );
        assert_eq!(lines[3], "(two) > ", "{shell}");
        assert_eq!(lines[5], "same > ", "{shell}");
    }
}

#[test]
fn a_shell_inside_of_an_active_one_can_leave() {
    let case = Case::new("env", false);
    let script =
        ". \"$A\"; sh -c '. \"$A\"; printf \"%s\\n\" \"$PATH\"; deactivate; echo \"$PATH\"'";
    for (shell, arguments) in SHELLS {
        let Some(lines) = case.play(shell, arguments, script) else {
            continue;
        };
        assert_eq!(
            lines[0],
            format!("{}/bin:/usr/bin:/bin", case.root.display()),
            "{shell}"
        );
        assert_eq!(lines[1], "/usr/bin:/bin", "{shell}");
    }
}

#[test]
fn the_prompt_can_be_left_alone() {
    let case = Case::new("env", false);
    let script = "PS1='> '; VIRTUAL_ENV_DISABLE_PROMPT=1; . \"$A\"; echo \"$PS1\"; deactivate; echo \"$PS1\"";
    for (shell, arguments) in SHELLS {
        let Some(lines) = case.play(shell, arguments, script) else {
            continue;
        };
        assert_eq!(lines, ["> ", "> "], "{shell}");
    }
    let script = "set -g VIRTUAL_ENV_DISABLE_PROMPT 1; function fish_prompt; echo -n '> '; end; \
                  source $A; fish_prompt";
    if let Some(lines) = case.play("/usr/bin/fish", &["--no-config"], script) {
        assert_eq!(lines, ["> "]);
    }
}

#[test]
fn programs_are_looked_for_again() {
    let case = Case::new("env", false);
    let program = case.root.join("bin/true");
    fs::write(&program, "#!/bin/sh\necho ours\n").unwrap();
    make_executable(&program);
    let script = "enable -n true; true; . \"$A\"; true; deactivate; true; echo end";
    if let Some(lines) = case.play("/bin/bash", &["--norc"], script) {
        assert_eq!(lines, ["ours", "end"]);
    }
}

#[test]
fn moved_environments_find_themselves() {
    let mut case = Case::new("before", true);
    let moved = case.root.with_file_name("moved it's");
    fs::rename(&case.root, &moved).unwrap();
    case.root = moved;
    for (shell, arguments) in SHELLS {
        let look = "; echo \"$VIRTUAL_ENV\"; cd /; . \"$A\"; echo \"$VIRTUAL_ENV\"";
        for start in [". \"$A\"", "cd \"${A%/*}\"; . ./activate"] {
            let Some(lines) = case.play(shell, arguments, &format!("{start}{look}")) else {
                continue;
            };
            let root = case.root.to_str().unwrap();
            assert_eq!(lines, [root, root], "{shell} {start}");
        }
    }
    for (shell, arguments) in [
        ("/usr/bin/fish", ["--no-config"]),
        ("/usr/bin/tcsh", ["-f"]),
    ] {
        let script = "source $A:q\necho $VIRTUAL_ENV:q\ndeactivate";
        let script = if shell.ends_with("fish") {
            script.replace(":q", "")
        } else {
            script.into()
        };
        let Some(lines) = case.play(shell, &arguments, &script) else {
            continue;
        };
        assert_eq!(lines, [case.root.to_str().unwrap()], "{shell}");
    }
}

#[test]
fn a_subshell_finds_the_environment() {
    let case = Case::new("env", true);
    for (shell, arguments) in SHELLS {
        let script = "(. \"$A\"; echo \"$VIRTUAL_ENV\"); echo \"${VIRTUAL_ENV-unset}\"";
        let Some(lines) = case.play(shell, arguments, script) else {
            continue;
        };
        assert_eq!(lines, [case.root.to_str().unwrap(), "unset"], "{shell}");
    }
}

#[test]
fn fish_goes_there_and_back() {
    const SCRIPT: &str = r#"
function fish_prompt; echo -n "old $status> "; end
set -gx PYTHONHOME /some/where
set before "$PATH"
source $A
printf '%s\n' "$VIRTUAL_ENV" "$VIRTUAL_ENV_PROMPT" "$PATH[1]"
set -q PYTHONHOME; or echo unset
false; fish_prompt | string replace -ra '\e\[[0-9;]*m|\e\(B' ''
echo
source $A
deactivate
set -q VIRTUAL_ENV; or echo unset
echo $PYTHONHOME
test "$PATH" = "$before"; and echo same
fish_prompt; echo
functions -q deactivate; or echo gone
set -n | string match -r '^_OLD.*|.*naja.*'
true
"#;
    for name in NASTY {
        let case = Case::new(name, false);
        let Some(lines) = case.play("/usr/bin/fish", &["--no-config"], SCRIPT) else {
            continue;
        };
        let root = case.root.to_str().unwrap();
        assert_eq!(lines[0], root);
        assert_eq!(lines[1], name);
        assert_eq!(lines[2], format!("{root}/bin"));
        assert_eq!(lines[3], "unset");
        assert_eq!(lines[4], format!("({name}) old 1> "), "{name}");
        assert_eq!(
            lines[5..],
            ["unset", "/some/where", "same", "old 0> ", "gone"],
            "{name}"
        );
    }
}

#[test]
fn csh_goes_there_and_back() {
    const SCRIPT: &str = r#"
setenv PYTHONHOME /some/where
set prompt = "old> "
set before = "$PATH:q"
source "$A:q"
printf '%s\n' "$VIRTUAL_ENV:q" "$VIRTUAL_ENV_PROMPT:q" "$PATH:q" $?PYTHONHOME
source "$A:q"
printf '%s\n' "$PATH:q"
deactivate
printf '%s\n' "$PYTHONHOME:q" "$prompt:q" $?VIRTUAL_ENV $?VIRTUAL_ENV_PROMPT
if ("$PATH:q" == "$before:q") echo same
alias
set | grep -E 'OLD_VIRTUAL|naja'
true
"#;
    for name in NASTY {
        for relocatable in [false, true] {
            let case = Case::new(name, relocatable);
            let file = case.dir.path().join("play.csh");
            fs::write(&file, SCRIPT).unwrap();
            let script = format!("source {}", file.display());
            let Some(lines) = case.play("/usr/bin/tcsh", &["-f"], &script) else {
                continue;
            };
            let root = case.root.to_str().unwrap();
            assert_eq!(lines[0], root);
            assert_eq!(lines[1], name);
            assert_eq!(lines[2], format!("{root}/bin:/usr/bin:/bin"));
            assert_eq!(lines[3..5], ["0", lines[2].as_str()], "{name}");
            assert_eq!(
                lines[5..],
                ["/some/where", "old> ", "0", "0", "same"],
                "{name}"
            );
        }
    }
}

#[test]
fn csh_shows_the_prompt_as_it_is() {
    use std::io::Write;
    for name in NASTY {
        let case = Case::new(name, false);
        let child = Command::new("/usr/bin/tcsh")
            .args(["-f", "-i"])
            .current_dir(case.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("A", case.root.join("bin/activate.csh"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            println!("skipped: no tcsh");
            return;
        };
        let script = b"set prompt = '> '\nsource \"$A:q\"\necho done\n";
        child.stdin.take().unwrap().write_all(script).unwrap();
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains(&format!("({name}) > ")), "{name}: {shown}");
        assert!(!case.dir.path().join("pwned").exists());
    }
}

#[test]
fn nushell_goes_there_and_back() {
    const SCRIPT: &str = r#"
let before = $env.PATH
$env.PYTHONHOME = "/some/where"
$env.PROMPT_COMMAND = {|| "old> " }
overlay use $ACTIVATE
overlay use $ACTIVATE
print $env.VIRTUAL_ENV $env.VIRTUAL_ENV_PROMPT ($env.PATH | first) ($env.PATH | length) $env.PYTHONHOME
print (do $env.PROMPT_COMMAND)
deactivate
print ($env.PATH == $before) ("VIRTUAL_ENV" in $env) $env.PYTHONHOME (do $env.PROMPT_COMMAND)
"#;
    for name in NASTY {
        for relocatable in [false, true] {
            let case = Case::new(name, relocatable);
            let file = case.dir.path().join("play.nu");
            let activate = quote::nu(case.root.join("bin/activate.nu").to_str().unwrap());
            fs::write(&file, SCRIPT.replace("$ACTIVATE", &activate)).unwrap();
            let Ok(output) = Command::new("nu")
                .arg("-n")
                .arg(&file)
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .current_dir(case.dir.path())
                .output()
            else {
                println!("skipped: no nu");
                return;
            };
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let lines: Vec<&str> = said.lines().collect();
            assert!(output.stderr.is_empty(), "{name}: {output:?}");
            let root = case.root.to_str().unwrap();
            assert_eq!(lines[..2], [root, name]);
            assert_eq!(lines[2], format!("{root}/bin"));
            assert_eq!(lines[4], "");
            assert_eq!(lines[5], format!("({name}) old> "));
            assert_eq!(
                lines[6..],
                ["true", "false", "/some/where", "old> "],
                "{name}"
            );
            assert!(!case.dir.path().join("pwned").exists());
        }
    }
}

#[test]
fn git_bash_gets_a_posix_path() {
    let case = Case::new("env", false);
    let tools = case.dir.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let cygpath = tools.join("cygpath");
    fs::write(&cygpath, "#!/bin/sh\necho \"/c/converted\"\n").unwrap();
    make_executable(&cygpath);
    let script = format!(
        "OSTYPE=msys; PATH={}:$PATH; . \"$A\"; echo \"$VIRTUAL_ENV ${{PATH%%:*}}\"",
        tools.display()
    );
    if let Some(lines) = case.play("/bin/bash", &["--norc"], &script) {
        assert_eq!(lines, ["/c/converted /c/converted/bin"]);
    }
}

#[test]
fn a_running_python_is_activated() {
    for name in NASTY {
        let case = Case::new(name, false);
        let site = case.root.join("lib/python3.12/site-packages");
        fs::create_dir_all(&site).unwrap();
        fs::write(site.join("naja_test_harry.py"), "x = 3").unwrap();
        let code = "import os, runpy, sys; runpy.run_path(sys.argv[1]); import naja_test_harry\n\
                    assert sys.path[0] == sys.argv[2] + '/lib/python3.12/site-packages', sys.path\n\
                    assert os.environ['VIRTUAL_ENV'] == sys.argv[2] == sys.prefix\n\
                    assert os.environ['PATH'].startswith(sys.argv[2] + '/bin')\n\
                    assert os.environ['VIRTUAL_ENV_PROMPT'] == sys.argv[3]";
        let output = Command::new("python3")
            .args(["-I", "-c", code])
            .args([
                &case.root.join("bin/activate_this.py"),
                &case.root,
                Path::new(name),
            ])
            .output();
        match output {
            Ok(output) => assert!(output.status.success(), "{name}: {output:?}"),
            Err(_) => println!("skipped: no python3"),
        }
    }
}

#[test]
fn texts_for_absent_shells_are_balanced() {
    for name in NASTY {
        let case = Case::new(name, false);
        let read = |file: &str| fs::read_to_string(case.root.join("bin").join(file)).unwrap();
        for file in ["activate.nu", "activate.ps1", "activate.xsh"] {
            let text = read(file);
            for marker in ["@ROOT@", "@PROMPT@", "@BIN@"] {
                assert_eq!(
                    text.contains(marker),
                    name.contains(marker),
                    "{file} {marker}"
                );
            }
        }
        let batch = read("activate.bat");
        assert!(batch.lines().count() > 10 && batch.contains("\r\n"));
    }
}

#[test]
fn placeholders_in_values_stay() {
    let text = fill("a @X@ b @Y@ c @Z@ d@", &[("X", "@Y@"), ("Y", "@X@")]);
    assert_eq!(text, "a @Y@ b @X@ c @Z@ d@");
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
