use naja_spec::{PackageName, Requirement};
use proptest::prelude::*;

use super::*;
use crate::manifest::DependencyPlace;

fn requirement(text: &str) -> Requirement {
    Requirement::parse(text).unwrap()
}

fn added(text: &str, what: &str) -> String {
    let mut editor = ScriptEditor::open(text).unwrap().unwrap();
    let _placed = editor
        .manifest_mut()
        .add(&DependencyPlace::Main, &requirement(what))
        .unwrap();
    editor.to_text().unwrap()
}

fn removed(text: &str, name: &str) -> String {
    let mut editor = ScriptEditor::open(text).unwrap().unwrap();
    let name = PackageName::parse(name).unwrap();
    let _gone = editor
        .manifest_mut()
        .remove(&DependencyPlace::Main, &name)
        .unwrap();
    editor.to_text().unwrap()
}

const CONTENT: &str = "requires-python = \">=3.11\"\ndependencies = []\n";

#[test]
fn only_the_list_changes() {
    let text = "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\n# /// script\n# # why\n# dependencies = [\n\
                #   \"b\", # the best\n# \n#   \"d\",\n# ]\n#\n# [tool.uv]\n# x = 1\n# ///\n\nprint('# ///')\n";
    let with = added(text, "c>=1");
    let mut lines = with.split_inclusive('\n');
    let all_there = text
        .split_inclusive('\n')
        .all(|line| lines.any(|new| new == line));
    assert!(all_there, "{with}");
    assert_eq!(with.lines().count(), text.lines().count() + 1);
    assert!(with.contains("#   \"c>=1\",\n"), "{with}");
    assert_eq!(removed(&with, "c"), text);
}

#[test]
fn a_new_block_comes_behind_the_lines_that_must_be_first() {
    for (text, head) in [
        ("", ""),
        ("print(1)\n", ""),
        (
            "#!/usr/bin/env python3\nprint(1)\n",
            "#!/usr/bin/env python3\n",
        ),
        ("#!/usr/bin/env python3", "#!/usr/bin/env python3\n"),
        (
            "#!/usr/bin/env python3\n# vim: set fileencoding=utf-8 :\nprint(1)\n",
            "#!/usr/bin/env python3\n# vim: set fileencoding=utf-8 :\n",
        ),
        ("# coding: utf-8\n# more\n", "# coding: utf-8\n"),
        (
            "# a comment\n# coding=utf-8\n",
            "# a comment\n# coding=utf-8\n",
        ),
        ("\u{feff}print(1)\n", "\u{feff}"),
        ("x = 1\n# coding=utf-8\n", ""),
    ] {
        let editor = ScriptEditor::with_block(text, CONTENT).unwrap();
        let new = editor.to_text().unwrap();
        let block = "# /// script\n# requires-python = \">=3.11\"\n# dependencies = []\n# ///\n";
        let start = format!("{head}{block}");
        assert!(new.starts_with(&start), "{new:?}");
        let rest = &new[start.len()..];
        let old = text.strip_prefix(head).unwrap_or_default();
        assert!(rest == old || rest == format!("\n{old}"), "{new:?}");
        assert!(ScriptEditor::open(&new).unwrap().is_some());
    }
}

#[test]
fn line_ends_stay() {
    let text = "#!x\r\nprint(1)\r\n";
    let editor = ScriptEditor::with_block(text, CONTENT).unwrap();
    let new = editor.to_text().unwrap();
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    let with = added(&new, "six");
    assert_eq!(with.matches('\n').count(), with.matches("\r\n").count());
    assert_eq!(removed(&with, "six"), new);
}

#[test]
fn what_cannot_be_changed_is_left_alone() {
    let unclosed = "# /// script\n# dependencies = []\nprint(1)\n";
    assert!(matches!(
        ScriptEditor::open(unclosed),
        Err(ScriptEditError::Trouble(ScriptTrouble { line: 1, .. }))
    ));
    let twice = "# /// script\n# dependencies = []\n# ///\n\n# /// script\n# a = 1\n# ///\n";
    assert!(matches!(
        ScriptEditor::open(twice),
        Err(ScriptEditError::Block(ScriptError::SecondBlock {
            first: 1,
            second: 5
        }))
    ));
    let broken = "# /// script\n# dependencies = [\n# ///\n";
    assert!(matches!(
        ScriptEditor::open(broken),
        Err(ScriptEditError::Edit(EditError::Toml(_)))
    ));
    assert!(
        ScriptEditor::open("# /// other\n# a = 1\n# ///\n")
            .unwrap()
            .is_none()
    );
}

/// Blocks as people write them.
fn block() -> impl Strategy<Value = String> {
    let entry = prop::sample::select(vec![
        "#   \"b>=1\",",
        "#    \"d\", # why",
        "#     # a comment",
        "#",
        "# ",
        "#   'f; python_version < \"3.9\"',",
    ]);
    let list = prop_oneof![
        Just(vec!["# dependencies = []".to_owned()]),
        prop::collection::vec(entry, 1..6).prop_map(|entries| {
            let mut lines = vec!["# dependencies = [".to_owned()];
            lines.extend(entries.into_iter().map(str::to_owned));
            // A list that is empty but for comments is not what people write.
            lines.push("#   \"z\",".to_owned());
            lines.push("# ]".to_owned());
            lines
        }),
    ];
    let more = prop::sample::select(vec![
        "",
        "# requires-python = \">=3.8\"\n",
        "#\n# [tool.uv]\n# exclude-newer = \"2026-01-01T00:00:00Z\"\n",
        "# \n# [tool.naja.sources]\n# other = { path = \"x\" } # here\n",
    ]);
    (list, more).prop_map(|(list, more)| {
        let list = list.join("\n");
        match more.contains("requires") {
            true => format!("# /// script\n{more}{list}\n# ///"),
            false => format!("# /// script\n{list}\n{more}# ///"),
        }
    })
}

proptest! {
    #[test]
    fn adding_and_removing_is_the_identity(
        block in block(),
        before in "(#!/usr/bin/env python\n)?([ -~]{0,20}\n){0,3}",
        after in "(\n[ -~é]{0,20}){0,6}\n?",
        crlf in any::<bool>(),
    ) {
        let mut text = format!("{before}{block}\n{after}");
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        // Only where the text around says nothing of blocks itself.
        prop_assume!(text.matches("///").count() == 2);
        let Ok(Some(mut editor)) = ScriptEditor::open(&text) else { return Ok(()) };
        prop_assert_eq!(&editor.to_text().unwrap(), &text);
        let place = DependencyPlace::Main;
        let _placed = editor.manifest_mut().add(&place, &requirement("six>=1.16")).unwrap();
        let with = editor.to_text().unwrap();
        prop_assert!(with.contains("\"six>=1.16\""));
        let (head, tail) = text.split_at(text.find("# /// script").unwrap());
        prop_assert!(with.starts_with(head));
        let tail = &tail[tail.rfind("# ///").unwrap()..];
        prop_assert!(with.ends_with(tail));
        let mut again = ScriptEditor::open(&with).unwrap().unwrap();
        let gone = again.manifest_mut().remove(&place, &PackageName::parse("six").unwrap()).unwrap();
        prop_assert_eq!(gone, vec!["six>=1.16".to_owned()]);
        prop_assert_eq!(again.to_text().unwrap(), text);
    }

    #[test]
    fn any_text_gets_a_block_and_keeps_all_it_had(text in "([ -~é]{0,12}(\n|\r\n|\r)?){0,8}") {
        if let Ok(None) = ScriptEditor::open(&text) {
            let editor = ScriptEditor::with_block(&text, CONTENT).unwrap();
            if let Ok(new) = editor.to_text() {
                let block = script_block(&new).unwrap().unwrap();
                let rest = format!("{}{}", &new[..block.range.start], &new[block.range.end..]);
                let bare = |text: &str| text.replace(['\r', '\n'], "");
                prop_assert_eq!(bare(&rest), bare(&text));
            }
        }
    }

    #[test]
    fn nothing_panics(text in ".{0,200}") {
        if let Ok(Some(editor)) = ScriptEditor::open(&text) {
            let _any = editor.to_text();
        }
        if let Ok(editor) = ScriptEditor::with_block(&text, CONTENT) {
            let _any = editor.to_text();
        }
    }
}
