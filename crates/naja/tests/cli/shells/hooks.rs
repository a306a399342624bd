use std::path::Path;

use naja_testkit::Sandbox;

use super::driver::{compare, find, play, type_into};
use crate::{sandbox, with_venv};

/// Two projects with environments that are allowed, and a place without one.
fn projects() -> Sandbox {
    let sandbox = sandbox();
    for project in ["stone", "azk"] {
        let place = format!("{project}/.venv");
        let _made = sandbox.run(["venv", "-q", &place]).success();
        let _allowed = sandbox.run(["allow", "-q", project]).success();
    }
    std::fs::create_dir(sandbox.work().join("plain")).unwrap();
    sandbox
}

/// Lines that were printed with a mark in front, without the mark.
fn marked(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.split_once("::").map(|(_, rest)| rest))
        .collect()
}

/// What bash and zsh have in common.
const STORY: &str = r#"
cd stone
echo "::$VIRTUAL_ENV_PROMPT ${PATH%%:*}"
(exit 7)
echo "::status $?"
cd ../azk
echo "::$VIRTUAL_ENV_PROMPT ${PATH%%:*}"
deactivate
echo "::left [${VIRTUAL_ENV-}]"
mkdir deeper; cd deeper
echo "::stays left [${VIRTUAL_ENV-}]"
cd ../../stone
echo "::$VIRTUAL_ENV_PROMPT"
PATH=/mine:$PATH
cd ..
echo "::outside [${VIRTUAL_ENV-}] ${PATH%%:*}"
PATH=${PATH#/mine:}
cd azk
echo "::$VIRTUAL_ENV_PROMPT"
naja deny -q
echo "::denied [${VIRTUAL_ENV-}]"
naja allow -q
echo "::allowed [${VIRTUAL_ENV-}]"
cd ../plain
naja venv -q
echo "::new [${VIRTUAL_ENV-}]"
naja allow -q
echo "::new and allowed [${VIRTUAL_ENV-}]"
rm -r .venv
echo "::gone [${VIRTUAL_ENV-}]"
. ../stone/.venv/bin/activate
cd ../azk
echo "::by hand $VIRTUAL_ENV_PROMPT"
deactivate
echo "::and back $VIRTUAL_ENV_PROMPT"
cd ..
"#;

fn assert_story(sandbox: &Sandbox, name: &str, stdout: &str) {
    let work = sandbox.work().canonicalize().unwrap();
    let place = |project: &str| work.join(project).join(".venv").display().to_string();
    let expected = [
        format!("stone {}/bin", place("stone")),
        "status 7".to_owned(),
        format!("azk {}/bin", place("azk")),
        "left []".to_owned(),
        "stays left []".to_owned(),
        "stone".to_owned(),
        "outside [] /mine".to_owned(),
        "azk".to_owned(),
        "denied []".to_owned(),
        format!("allowed [{}]", place("azk")),
        "new []".to_owned(),
        format!("new and allowed [{}]", place("plain")),
        "gone []".to_owned(),
        "by hand stone".to_owned(),
        "and back azk".to_owned(),
    ];
    assert_eq!(marked(stdout), expected, "{name}");
}

#[test]
fn bash_switches_with_the_directory() {
    let Some(bash) = find("bash") else { return };
    let sandbox = projects();
    let dump = "declare -p; declare -f";
    let lines = format!(
        "PS1='$ '\neval \"$(naja hook bash)\"\necho '====='; {dump}\n{STORY}\n\
         cd stone\nfalse | true\necho \"::${{PIPESTATUS[@]}} ${{PS1@Q}}\"\ncd ..\n\
         echo '====='; {dump}\n"
    );
    let session = type_into(&sandbox, &bash, &["--norc", "-i"], &lines);
    let (story, rest) = session.stdout.split_once("::1 0 ").unwrap();
    assert_story(&sandbox, "bash", story);
    assert!(rest.starts_with("'(stone) $ '"), "{rest}");
    let kept = without_state(&session.stdout);
    compare("bash", &kept);
    let told: Vec<&str> = session
        .stderr
        .lines()
        .filter(|line| line.contains("naja:"))
        .collect();
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[test]
fn zsh_switches_with_the_directory() {
    let Some(zsh) = find("zsh") else { return };
    let sandbox = projects();
    let dump = "typeset -p; functions";
    let lines = format!(
        "PS1='$ '\nsetopt no_unset warn_create_global\neval \"$(naja hook zsh)\"\n\
         echo '====='; {dump}\n{STORY}\n\
         cd stone\nfalse | true\necho \"::${{pipestatus[@]}} $PS1\"\ncd ..\n\
         echo '====='; {dump}\n"
    );
    let session = type_into(&sandbox, &zsh, &["-f", "-i"], &lines);
    let (story, rest) = session.stdout.split_once("::1 0 ").unwrap();
    assert_story(&sandbox, "zsh", story);
    assert!(rest.starts_with("(stone) $ "), "{rest}");
    compare("zsh", &without_state(&session.stdout));
    assert!(!session.stderr.contains("create"), "{}", session.stderr);
}

/// A dump without what the hook itself remembers.
fn without_state(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| {
            !line.contains("_naja_told")
                && !line.contains("_naja_pwd")
                && !line.contains("\"$PWD\" == ")
                && !line.contains("::")
        })
        .collect();
    lines.join("\n") + "\n"
}

#[test]
fn fish_switches_with_the_directory() {
    let Some(fish) = find("fish") else { return };
    let sandbox = projects();
    let script = r#"
naja hook fish | source
function at_the_prompt; emit fish_prompt; end
function fish_prompt; echo -n "old $status> "; end
set before "$PATH"
at_the_prompt
cd stone; at_the_prompt
echo "::$VIRTUAL_ENV_PROMPT $PATH[1]"
false; echo ::(fish_prompt | string replace -ra '\e\[[0-9;]*m|\e\(B' '')
cd ../azk; at_the_prompt
echo "::$VIRTUAL_ENV_PROMPT"
deactivate; at_the_prompt
mkdir deeper; cd deeper; at_the_prompt
echo "::left [$VIRTUAL_ENV]"
cd ../../plain; at_the_prompt
naja venv -q; at_the_prompt
echo "::new [$VIRTUAL_ENV]"
naja allow -q; at_the_prompt
echo "::$VIRTUAL_ENV_PROMPT"
rm -r .venv; at_the_prompt
echo "::gone [$VIRTUAL_ENV]"
source ../stone/.venv/bin/activate.fish
cd ../azk; at_the_prompt
echo "::by hand $VIRTUAL_ENV_PROMPT"
deactivate; at_the_prompt
echo "::and back $VIRTUAL_ENV_PROMPT"
cd ..; at_the_prompt
test "$PATH" = "$before"; and echo ::same (fish_prompt)
"#;
    let session = play(&sandbox, &fish, &["--no-config"], script);
    let work = sandbox.work().canonicalize().unwrap();
    let stone = work.join("stone/.venv/bin").display().to_string();
    let expected = [
        &format!("stone {stone}"),
        "(stone) old 1> ",
        "azk",
        "left []",
        "new []",
        "plain",
        "gone []",
        "by hand stone",
        "and back azk",
        "same old 0> ",
    ];
    assert_eq!(marked(&session.stdout), expected, "{}", session.stderr);
}

#[test]
fn nushell_switches_with_the_directory() {
    let Some(nu) = find("nu") else { return };
    let sandbox = projects();
    let hook = sandbox.run(["hook", "nu"]).success().stdout;
    let real = sandbox.work().canonicalize().unwrap();
    let hook = hook.replace("[DIR]", &real.parent().unwrap().to_string_lossy());
    let file = sandbox.write("hook.nu", &hook);
    let script = format!(
        r#"
source {file:?}
def --env at_the_prompt [] {{ _naja_hook }}
if ($env.config.hooks.pre_prompt | last) != "_naja_hook" {{ exit 3 }}
def steady [] {{ $in | reject -o PWD OLDPWD _NAJA config CMD_DURATION_MS LAST_EXIT_CODE PROMPT_COMMAND }}
$env.PROMPT_COMMAND = {{|| "old> " }}
$env.PYTHONHOME = "/x"
at_the_prompt
let before = $env | steady
cd stone; at_the_prompt
print $"::($env.VIRTUAL_ENV_PROMPT) (do $env.PROMPT_COMMAND) ('PYTHONHOME' in $env)"
cd ../azk; at_the_prompt
print $"::($env.VIRTUAL_ENV_PROMPT) ($env.PATH | first)"
deactivate; at_the_prompt
print $"::left ('VIRTUAL_ENV' in $env) (do $env.PROMPT_COMMAND)"
cd ../plain; at_the_prompt
naja venv -q; at_the_prompt
naja allow -q; at_the_prompt
print $"::($env.VIRTUAL_ENV_PROMPT)"
rm -r .venv; at_the_prompt
cd ..; at_the_prompt
at_the_prompt
print $"::($before == ($env | steady)) (do $env.PROMPT_COMMAND)"
"#
    );
    let session = play(&sandbox, &nu, &["-n"], &script);
    let azk = real.join("azk/.venv/bin").display().to_string();
    let expected = [
        "stone (stone) old>  false",
        &format!("azk {azk}"),
        "left false old> ",
        "plain",
        "true old> ",
    ];
    assert_eq!(marked(&session.stdout), expected, "{}", session.stderr);
}

#[test]
fn xonsh_switches_with_the_directory() {
    let Some(xonsh) = find("xonsh") else { return };
    let sandbox = projects();
    let script = r#"
execx($(naja hook xonsh))
import gc
def at_the_prompt():
    gc.collect()
    events.on_pre_prompt_format.fire()
def steady():
    found = dict(__xonsh__.env.detype())
    return {k: found[k] for k in found if k not in ('PWD', 'OLDPWD')}, sorted(aliases)
$PYTHONHOME = "/x"
at_the_prompt()
before = steady()
cd stone
at_the_prompt()
print('::' + $VIRTUAL_ENV_PROMPT, 'PYTHONHOME' in __xonsh__.env)
cd ../azk
at_the_prompt()
print('::' + $VIRTUAL_ENV_PROMPT)
deactivate
at_the_prompt()
print('::left', 'VIRTUAL_ENV' in __xonsh__.env)
cd ../stone
at_the_prompt()
cd ..
at_the_prompt()
after = steady()
print('::same' if before == after else ('::', before, after))
"#;
    let session = play(&sandbox, &xonsh, &["--no-rc"], script);
    let expected = ["stone False", "azk", "left False", "same"];
    assert_eq!(marked(&session.stdout), expected, "{}", session.stderr);
}

#[test]
fn a_prompt_is_never_broken() {
    let Some(bash) = find("bash") else { return };
    let sandbox = projects();
    let code = sandbox.run(["hook", "bash"]).success().stdout;
    let code = code.replace(env!("CARGO_BIN_EXE_naja"), "/nowhere/naja");
    let file = sandbox.write("hook.bash", &code);
    let file = file.display();
    // Without naja, with one that fails, without a home, in a directory that is gone.
    let failing = sandbox.write("failing", "#!/bin/sh\nexit 3\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&failing, executable).unwrap();
    for prepare in [
        "PATH=/usr/bin:/bin".to_owned(),
        format!("PATH=/usr/bin:/bin; _naja_program={}", failing.display()),
        "export HOME=/nowhere".to_owned(),
        "set -eu".to_owned(),
        "PROMPT_COMMAND='mine=1;'".to_owned(),
    ] {
        let lines = format!(
            "PS1='$ '\n. {file}\n{prepare}\ncd stone\ncd ../plain\nmkdir gone; cd gone\n\
             rmdir ../gone\n:\ncd {}\necho ::there\nexit 5\n",
            sandbox.work().display()
        );
        let session = type_into(&sandbox, &bash, &["--norc", "-i"], &lines);
        assert_eq!(
            marked(&session.stdout),
            ["there"],
            "{prepare}: {}",
            session.stderr
        );
        assert_eq!(session.status, 5, "{prepare}");
        let complaints: Vec<&str> = session
            .stderr
            .lines()
            .filter(|line| line.contains("bash: line") || line.contains("unbound"))
            .collect();
        assert!(complaints.is_empty(), "{prepare}: {complaints:?}");
    }
}

#[test]
fn nothing_is_started_where_nothing_changed() {
    let sandbox = projects();
    let log = sandbox.work().join("asked");
    let counting = format!(
        "#!/bin/sh\necho asked >> '{}'\nexec '{}' \"$@\"\n",
        log.display(),
        env!("CARGO_BIN_EXE_naja")
    );
    let counting = sandbox.write("counting", &counting);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&counting, executable).unwrap();
    for (shell, arguments) in [("bash", ["--norc", "-i"]), ("zsh", ["-f", "-i"])] {
        let Some(program) = find(shell) else { continue };
        let lines = format!(
            "eval \"$(naja hook {shell})\"; _naja_program='{}'\n{{ cd stone; }}\n:\n:\n:\n\
             cd ../plain\n:\n:\n:\n",
            counting.display()
        );
        std::fs::write(&log, "").unwrap();
        let _session = type_into(&sandbox, &program, &arguments, &lines);
        let asked = std::fs::read_to_string(&log).unwrap();
        // Where the hook was set up, and in each of the two directories.
        assert_eq!(asked.lines().count(), 3, "{shell}");
    }
    if let Some(fish) = find("fish") {
        let script = format!(
            "naja hook fish | source; set -g _naja_program '{}'\n\
             for dir in . stone . . ../plain . .; cd $dir; emit fish_prompt; end\n",
            counting.display()
        );
        std::fs::write(&log, "").unwrap();
        let _lines = play(&sandbox, &fish, &["--no-config"], &script);
        let asked = std::fs::read_to_string(&log).unwrap();
        assert_eq!(asked.lines().count(), 3, "fish");
    }
}

#[test]
fn other_prompt_commands_stay() {
    let Some(bash) = find("bash") else { return };
    let sandbox = projects();
    let lines = "PS1='$ '\nPROMPT_COMMAND='seen=\"$? ${PIPESTATUS[*]}\";'\n\
                 eval \"$(naja hook bash)\"\neval \"$(naja hook bash)\"\ncd stone\n\
                 false | (exit 3)\necho \"::$seen\"\necho \"::${#PROMPT_COMMAND[@]}\"\n";
    let session = type_into(&sandbox, &bash, &["--norc", "-i"], lines);
    assert_eq!(
        marked(&session.stdout),
        ["3 1 3", "2"],
        "{}",
        session.stderr
    );
}

#[test]
fn a_shell_inside_of_one_with_the_hook_looks_for_itself() {
    let Some(bash) = find("bash") else { return };
    let sandbox = projects();
    sandbox.write("rc", "PS1='$ '\neval \"$(naja hook bash)\"\n");
    let lines = format!(
        "cd stone\nbash --rcfile {0} -i\necho \"::inner $VIRTUAL_ENV_PROMPT $PS1\"\ncd ..\n\
         echo \"::left [${{VIRTUAL_ENV-}}] ${{PATH%%:*}}\"\nexit\necho \"::outer $VIRTUAL_ENV_PROMPT\"\n",
        sandbox.work().join("rc").display()
    );
    let rc = sandbox.work().join("rc");
    let arguments = ["--rcfile", rc.to_str().unwrap(), "-i"];
    let session = type_into(&sandbox, &bash, &arguments, &lines);
    let expected = ["inner stone (stone) $ ", "left [] /usr/bin", "outer stone"];
    assert_eq!(marked(&session.stdout), expected, "{}", session.stderr);
}

#[test]
fn nothing_is_activated_that_was_not_allowed() {
    let sandbox = sandbox();
    let _made = sandbox.run(["venv", "-q"]).success();
    let asked = sandbox.run(["hook-env", "bash", "", ""]).success();
    assert!(asked.stdout.contains("naja allow") && !asked.stdout.contains("_naja_enter"));
    let _allowed = sandbox.run(["allow"]).success();
    let listed = sandbox.run(["allow", "--list"]).success();
    assert_eq!(listed.stdout, "[DIR]/castle\n");
    let asked = sandbox.run(["hook-env", "bash", "", ""]).success();
    assert!(asked.stdout.contains("_naja_enter"), "{}", asked.stdout);
    // Another environment at the same place is not the one that was allowed.
    let config = sandbox.read(".venv/pyvenv.cfg");
    sandbox.write(".venv/pyvenv.cfg", &format!("{config}extra = 1\n"));
    let asked = sandbox.run(["hook-env", "fish", "", ""]).success();
    assert!(
        asked.stdout.contains("another environment"),
        "{}",
        asked.stdout
    );
    // What the user makes from nothing with naja in an allowed directory is the user's own.
    let _again = sandbox.run(["venv", "-q", "--clear"]).success();
    let asked = sandbox.run(["hook-env", "zsh", "", ""]).success();
    assert!(asked.stdout.contains("_naja_enter"), "{}", asked.stdout);
    let denied = sandbox.run(["disallow"]).success();
    assert!(denied.stderr.contains("any more"), "{}", denied.stderr);
    let asked = sandbox.run(["hook-env", "nu", "", ""]).success();
    assert!(asked.stdout.contains("\"enter\":null,") && asked.stdout.contains("\"tell\":null"));
    let _nothing = sandbox.run(["allow", "/"]).code(2);
    let _none = sandbox.run(["hook", "dash"]).code(2);
}

#[test]
fn the_hook_needs_no_settings_and_runs_no_program_of_the_environment() {
    let (sandbox, _index) = with_venv();
    let _allowed = sandbox.run(["allow", "-q"]).success();
    sandbox.write("naja.toml", "this is no TOML");
    let code = sandbox.run(["hook", "zsh"]).success().stdout;
    assert!(code.contains(env!("CARGO_BIN_EXE_naja")), "{code}");
    let asked = sandbox.run(["hook-env", "zsh", "", ""]).success();
    assert!(asked.stdout.contains("_naja_enter"));
    assert!(Path::new(env!("CARGO_BIN_EXE_naja")).is_absolute());
}
