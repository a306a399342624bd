use std::os::unix::fs::PermissionsExt;

use naja_testkit::Sandbox;

use super::driver::{POSIX, compare, find, play, search_path};
use crate::{sandbox, with_venv};

/// Names that break scripts which quote badly.
const NASTY: &str = "it's a \"$HOME\" `touch pwned` \\n; 50% env!";

/// Two environments with awkward names: one that stays, one that may be moved.
fn two_environments(sandbox: &Sandbox) {
    for (name, flag) in [("stone", "--no-relocatable"), (NASTY, "--relocatable")] {
        let _made = sandbox.run(["venv", "-q", flag, name]).success();
    }
}

/// One word for `sh`.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn script_of(sandbox: &Sandbox, name: &str, script: &str) -> String {
    let path = sandbox.work().join(name).join("bin").join(script);
    path.to_string_lossy().into_owned()
}

fn assert_nothing_ran(sandbox: &Sandbox, what: &str) {
    assert!(!sandbox.work().join("pwned").exists(), "{what}");
    assert!(!sandbox.home().join("pwned").exists(), "{what}");
}

#[test]
fn everything_comes_back_in_every_posix_shell() {
    let sandbox = sandbox();
    two_environments(&sandbox);
    let first = quoted(&script_of(&sandbox, "stone", "activate"));
    let second = quoted(&script_of(&sandbox, NASTY, "activate"));
    let root = sandbox.work().join(NASTY);
    for shell in POSIX {
        for home in [
            "unset PYTHONHOME",
            "export PYTHONHOME=",
            "export PYTHONHOME=/x",
        ] {
            for prompt in [
                "unset PS1",
                "PS1=",
                "PS1='\\w $x `x` '",
                "PS1=p; VIRTUAL_ENV_DISABLE_PROMPT=1",
            ] {
                let script = format!(
                    "{home}; {prompt}\nset -eu\necho '====='\n{dump}\n\
                     . {first}; . {first}; . {second}\n\
                     test \"$VIRTUAL_ENV\" = {root}\n\
                     test \"${{PATH%%:*}}\" = {root}/bin\n\
                     test -z \"${{PYTHONHOME-}}\"\n\
                     deactivate\necho '====='\n{dump}\n\
                     if command -v deactivate; then exit 3; fi\n",
                    dump = shell.dump,
                    root = quoted(&root.to_string_lossy()),
                );
                let Some(session) = shell.play(&sandbox, &script) else {
                    continue;
                };
                let what = format!("{}, {home}, {prompt}", shell.name);
                assert_eq!(session.status, 0, "{what}: {}", session.stderr);
                assert!(session.stderr.is_empty(), "{what}: {}", session.stderr);
                compare(&what, &session.stdout);
                assert_nothing_ran(&sandbox, &what);
            }
        }
    }
}

#[test]
fn everything_comes_back_in_fish() {
    let Some(fish) = find("fish") else { return };
    let sandbox = sandbox();
    two_environments(&sandbox);
    let word = |text: String| format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"));
    let first = word(script_of(&sandbox, "stone", "activate.fish"));
    let second = word(script_of(&sandbox, NASTY, "activate.fish"));
    let root = word(sandbox.work().join(NASTY).to_string_lossy().into_owned());
    for prepare in ["", "set -gx PYTHONHOME ''", "set -gx PYTHONHOME /x"] {
        let dump = "set --show | string match -rv '^.(_|status|pipestatus|fish_pid|CMD_DURATION|fish_kill|history)'; \
                    functions -n; functions fish_prompt | string match -rv '^#'";
        let script = format!(
            "function fish_prompt; echo -n old; end\n{prepare}\necho '====='\n{dump}\n\
             source {first}; source {first}; source {second}\n\
             test \"$VIRTUAL_ENV\" = {root}; or exit 3\n\
             test $PATH[1] = {root}/bin; or exit 4\n\
             set -q PYTHONHOME; and exit 5\n\
             fish_prompt >/dev/null\n\
             deactivate\necho '====='\n{dump}\n"
        );
        let session = play(&sandbox, &fish, &["--no-config"], &script);
        assert_eq!(session.status, 0, "{prepare}: {}", session.stderr);
        assert!(session.stderr.is_empty(), "{prepare}: {}", session.stderr);
        compare(&format!("fish, {prepare}"), &session.stdout);
        assert_nothing_ran(&sandbox, "fish");
    }
}

#[test]
fn everything_comes_back_in_csh() {
    let Some(tcsh) = find("tcsh") else { return };
    let sandbox = sandbox();
    two_environments(&sandbox);
    let word = |text: String| format!("'{}'", text.replace('\'', r"'\''").replace('!', r"\!"));
    let first = word(script_of(&sandbox, "stone", "activate.csh"));
    let second = word(script_of(&sandbox, NASTY, "activate.csh"));
    let root = word(sandbox.work().join(NASTY).to_string_lossy().into_owned());
    for home in ["", "setenv PYTHONHOME ''", "setenv PYTHONHOME /x"] {
        for prompt in ["", "set prompt = '%~ > '", "set prompt = ''"] {
            let script = format!(
                "{home}\n{prompt}\necho '====='\nset\nsetenv\nalias\n\
                 source {first}\nsource {first}\nsource {second}\n\
                 if (\"$VIRTUAL_ENV:q\" != {root}) exit 3\n\
                 if ($?PYTHONHOME) exit 4\n\
                 deactivate\necho '====='\nset\nsetenv\nalias\n"
            );
            let session = play(&sandbox, &tcsh, &["-f"], &script);
            let what = format!("tcsh, {home}, {prompt}: {}", session.stderr);
            assert_eq!(session.status, 0, "{what}");
            assert!(session.stderr.is_empty(), "{what}");
            compare(&what, &session.stdout);
            assert_nothing_ran(&sandbox, &what);
        }
    }
}

#[test]
fn everything_comes_back_in_nushell() {
    let Some(nu) = find("nu") else { return };
    let sandbox = sandbox();
    two_environments(&sandbox);
    let word = |text: String| format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""));
    let first = word(script_of(&sandbox, "stone", "activate.nu"));
    let second = word(script_of(&sandbox, NASTY, "activate.nu"));
    let root = word(sandbox.work().join(NASTY).to_string_lossy().into_owned());
    for prepare in ["", "$env.PYTHONHOME = ''", "$env.PYTHONHOME = '/x'"] {
        let script = format!(
            "def steady [] {{ $in | reject -o config CMD_DURATION_MS LAST_EXIT_CODE PROMPT_COMMAND }}\n\
             $env.PROMPT_COMMAND = {{|| 'old> ' }}\n{prepare}\n\
             let before = $env | steady\n\
             overlay use {first}\noverlay use {first}\ndeactivate\noverlay use {second}\n\
             if $env.VIRTUAL_ENV != {root} {{ exit 3 }}\n\
             if ($env.PATH | first) != ({root} | path join bin) {{ exit 4 }}\n\
             if ($env.PYTHONHOME? | default '') != '' {{ exit 5 }}\n\
             deactivate\n\
             let after = $env | steady\n\
             if $before != $after {{ print ($before | to nuon) ($after | to nuon); exit 6 }}\n\
             print (do $env.PROMPT_COMMAND)\n"
        );
        let session = play(&sandbox, &nu, &["-n"], &script);
        assert_eq!(session.lines(&format!("nu, {prepare}")), ["old> "]);
        assert_nothing_ran(&sandbox, "nu");
    }
}

#[test]
fn everything_comes_back_in_xonsh() {
    let Some(xonsh) = find("xonsh") else { return };
    let sandbox = sandbox();
    // xonsh puts the values of variables into what it finds in PATH, whoever wrote it.
    let nasty = NASTY.replace("$HOME", "$ HOME");
    for name in ["stone", &nasty] {
        let _made = sandbox.run(["venv", "-q", "--relocatable", name]).success();
    }
    let first = script_of(&sandbox, "stone", "activate.xsh");
    let second = script_of(&sandbox, &nasty, "activate.xsh");
    let root = sandbox.work().join(&nasty);
    for prepare in ["", "$PYTHONHOME = ''", "$PYTHONHOME = '/x'"] {
        let script = format!(
            "{prepare}\n\
             def steady():\n    \
                 found = dict(__xonsh__.env.detype())\n    \
                 return {{k: found[k] for k in found if k not in ('PWD', 'OLDPWD')}}, sorted(aliases)\n\
             before = steady()\n\
             first, second, root = {first:?}, {second:?}, {root:?}\n\
             source @(first)\nsource @(first)\nsource @(second)\n\
             assert $VIRTUAL_ENV == root, $VIRTUAL_ENV\n\
             assert __xonsh__.env.detype()['PATH'].startswith(root + '/bin:')\n\
             assert 'PYTHONHOME' not in __xonsh__.env\n\
             deactivate\n\
             after = steady()\n\
             assert before == after, (before, after)\n\
             print('same')\n"
        );
        let session = play(&sandbox, &xonsh, &["--no-rc"], &script);
        assert_eq!(session.lines(&format!("xonsh, {prepare}")), ["same"]);
        assert_nothing_ran(&sandbox, "xonsh");
    }
}

#[test]
fn a_program_that_was_installed_is_found_after_activating_again() {
    let (sandbox, _index) = with_venv();
    let global = sandbox.write("global/hedwig", "#!/bin/sh\necho global\n");
    std::fs::set_permissions(&global, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!(
        "PATH={global}:$PATH\n. .venv/bin/activate\nhedwig\nnaja pip install -q hedwig\n\
         . .venv/bin/activate\nhedwig\ndeactivate\nhedwig\n",
        global = quoted(&global.parent().unwrap().to_string_lossy()),
    );
    for shell in POSIX {
        let Some(session) = shell.play(&sandbox, &script) else {
            continue;
        };
        let lines = session.lines(shell.name);
        assert_eq!(lines, ["global", "2.0", "global"], "{}", shell.name);
        let _gone = sandbox.run(["pip", "uninstall", "-q", "hedwig"]).success();
    }
}

#[test]
fn pip_in_an_environment_without_it_writes_nowhere_else() {
    let (sandbox, _index) = with_venv();
    let script = ". .venv/bin/activate\nfor p in pip pip3; do\n\
                  if $p install harry; then exit 3; fi\ndone\n";
    for shell in POSIX {
        let Some(session) = shell.play(&sandbox, script) else {
            continue;
        };
        assert_eq!(session.status, 0, "{}: {}", shell.name, session.stderr);
        assert!(
            session.stderr.contains("naja pip install"),
            "{}",
            session.stderr
        );
    }
}

#[test]
fn what_activate_prints_can_be_evaluated() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q", "castle/.venv"]).success();
    let root = sandbox.work().join("castle/.venv");
    let root = root.canonicalize().unwrap().to_string_lossy().into_owned();
    let after = "\necho \"$VIRTUAL_ENV\"\ndeactivate\necho \"${VIRTUAL_ENV-unset}\"\n";
    for shell in POSIX {
        let script = format!("set -eu\ncd castle\neval \"$(naja activate)\"{after}");
        if let Some(session) = shell.play(&sandbox, &script) {
            assert_eq!(session.lines(shell.name), [root.as_str(), "unset"]);
        }
    }
    if let Some(fish) = find("fish") {
        for line in [
            "eval \"$(naja activate castle)\"",
            "naja activate castle | source",
        ] {
            let script = format!("{line}; echo $VIRTUAL_ENV; deactivate; set -q VIRTUAL_ENV");
            let session = play(&sandbox, &fish, &["--no-config"], &script);
            assert_eq!(session.stdout, format!("{root}\n"), "{}", session.stderr);
            assert_eq!(session.status, 1);
        }
    }
    if let Some(tcsh) = find("tcsh") {
        let script = "eval `naja activate castle`\necho $VIRTUAL_ENV\ndeactivate\n";
        let session = play(&sandbox, &tcsh, &["-f"], script);
        assert_eq!(session.lines("tcsh"), [root.as_str()]);
    }
    if let Some(xonsh) = find("xonsh") {
        let script = "execx($(naja activate castle))\nprint($VIRTUAL_ENV)\ndeactivate\n";
        let session = play(&sandbox, &xonsh, &["--no-rc"], script);
        assert_eq!(session.lines("xonsh"), [root.as_str()]);
    }
}

#[test]
fn an_environment_of_another_tool_gets_the_script_it_lacks() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q", "--prompt", "it's"]).success();
    let fish_script = sandbox.work().join(".venv/bin/activate.fish");
    std::fs::remove_file(&fish_script).unwrap();
    let shown = sandbox.run(["activate", "--shell", "fish"]).success();
    assert!(
        shown
            .stdout
            .contains("set -gx VIRTUAL_ENV '[DIR]/castle/.venv'")
    );
    let _none = sandbox
        .run(["activate", "--shell", "fish", "--print-path"])
        .code(1);
    let path = sandbox
        .run(["activate", "--shell", "zsh", "--print-path"])
        .success();
    assert_eq!(path.stdout, "[DIR]/castle/.venv/bin/activate\n");
    if let Some(fish) = find("fish") {
        let script = "naja activate | source; echo $VIRTUAL_ENV_PROMPT";
        let session = play(&sandbox, &fish, &["--no-config"], script);
        assert_eq!(session.lines("fish"), ["it's"]);
    }
    let elvish = sandbox.run(["activate", "--shell", "elvish"]).success();
    assert!(elvish.stdout.contains("set-env VIRTUAL_ENV_PROMPT 'it''s'"));
    let json = sandbox
        .run(["activate", "--shell", "nu", "--json"])
        .success();
    assert!(json.stdout.contains("\"shell\":\"nu\""), "{}", json.stdout);
    let unknown = sandbox.run(["activate", "--shell", "smallsh"]).code(2);
    assert!(unknown.stderr.contains("elvish"), "{}", unknown.stderr);
    let _nothing = sandbox.run(["activate", "nowhere"]).code(2);
}

#[test]
fn bash_on_windows_gets_its_own_form_of_the_path() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    // What `cygpath` does for the bash of Windows.
    let cygpath = sandbox.write(
        "tools/cygpath",
        "#!/bin/sh\n[ \"$1\" = -u ] && echo /c/castle\n",
    );
    std::fs::set_permissions(&cygpath, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tools = cygpath.parent().unwrap().to_string_lossy().into_owned();
    let Some(bash) = find("bash") else { return };
    for system in ["msys", "cygwin"] {
        let script = format!(
            "OSTYPE={system}; PATH={tools}:{}\n. .venv/bin/activate\n\
             echo \"$VIRTUAL_ENV ${{PATH%%:*}}\"\ndeactivate\necho \"$PATH\"\n",
            search_path()
        );
        let lines = play(&sandbox, &bash, &["--norc"], &script).lines(system);
        assert_eq!(lines[0], "/c/castle /c/castle/bin");
        assert_eq!(lines[1], format!("{tools}:{}", search_path()));
    }
}
