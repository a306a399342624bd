use super::driver::{find, play};
use crate::sandbox;

#[test]
fn bash_completes_commands() {
    let Some(bash) = find("bash") else { return };
    let sandbox = sandbox();
    let script = "eval \"$(naja completions bash)\"\n\
                  COMP_WORDS=(naja pip in); COMP_CWORD=2; COMP_LINE='naja pip in'; COMP_POINT=11\n\
                  complete -p naja >/dev/null\n\
                  _naja naja in pip\n\
                  printf '%s\\n' \"${COMPREPLY[@]}\" | sort\n";
    let lines = play(&sandbox, &bash, &["--norc"], script).lines("bash");
    assert_eq!(lines, ["index", "inspect", "install"]);
}

#[test]
fn zsh_completes_commands() {
    let Some(zsh) = find("zsh") else { return };
    let sandbox = sandbox();
    // A shell on a terminal of its own, in which Tab completes.
    let script = r#"
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(naja completions zsh)"; echo rea""dy'
zpty -r -m shell found '*ready*'
zpty -n -w shell $'naja pip insp\t'
for i in {1..200}; do
    zpty -r -t shell part && found+=$part
    [[ $found == *'pip inspect'* ]] && break
    zselect -t 5
done
print -r -- $found
zpty -n -w shell $'\C-c\C-dexit\n'
zpty -d shell
"#;
    let script = script.replacen("zmodload zsh/zpty", "zmodload zsh/zpty zsh/zselect", 1);
    let session = play(&sandbox, &zsh, &["-f"], &script);
    let shown = session.stdout;
    assert!(shown.contains("pip inspect"), "{shown} {}", session.stderr);
}

#[test]
fn fish_completes_commands() {
    let Some(fish) = find("fish") else { return };
    let sandbox = sandbox();
    let script = "naja completions fish | source\n\
                  complete -C 'naja pip in' | string split -f 1 \\t | sort\n";
    let lines = play(&sandbox, &fish, &["--no-config"], script).lines("fish");
    assert_eq!(lines, ["index", "inspect", "install"]);
}

#[test]
fn other_shells_can_read_their_completions() {
    let sandbox = sandbox();
    if let Some(nu) = find("nu") {
        let script = sandbox.run(["completions", "nushell"]).success().stdout;
        let script = format!("{script}\nprint read\n");
        assert_eq!(play(&sandbox, &nu, &["-n"], &script).lines("nu"), ["read"]);
    }
    if let Some(elvish) = find("elvish") {
        let script = sandbox.run(["completions", "elvish"]).success().stdout;
        let script = format!("{script}\necho read\n");
        let session = play(&sandbox, &elvish, &["-norc"], &script);
        // `edit:` is there on a terminal only.
        assert!(
            !session.stderr.contains("parse error"),
            "{}",
            session.stderr
        );
    }
}
