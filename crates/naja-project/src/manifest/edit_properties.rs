//! What holds for every edit of every manifest.

use naja_spec::{PackageName, Requirement};
use proptest::prelude::*;

use super::{DependencyPlace, Manifest, ManifestEditor, NewIndex, Placement};

/// A manifest in three pieces, of which the middle one is the list that is edited.
#[derive(Clone, Debug)]
struct Text {
    front: String,
    list: String,
    back: String,
    place: DependencyPlace,
    is_crlf: bool,
}

impl Text {
    fn whole(&self, list: &str) -> String {
        let text = format!("{}{list}{}", self.front, self.back);
        match self.is_crlf {
            true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            false => text,
        }
    }

    fn text(&self) -> String {
        self.whole(&self.list)
    }

    /// The list of an edited text, if all around it is as it was.
    fn list_in(&self, edited: &str) -> Option<String> {
        let (front, back) = match self.is_crlf {
            true => (
                self.front.replace('\n', "\r\n"),
                self.back.replace('\n', "\r\n"),
            ),
            false => (self.front.clone(), self.back.clone()),
        };
        let rest = edited.strip_prefix(&front)?;
        rest.strip_suffix(&back).map(str::to_owned)
    }
}

fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[A-Z][a-z]{1,4}[._-][a-z]{1,3}",
        "[a-z]{1,6} ?(>=|==|<) ?[0-9](\\.[0-9])?",
        "[a-z]{1,4}\\[[a-z]{1,2}\\]",
        "[a-z]{1,4} ; sys_platform == 'win32'".prop_map(|text| text),
        "[a-z]{1,4} @ https://x\\.example/[a-z]{1,3}\\.whl",
    ]
}

fn quoted(text: &str, literal: bool) -> String {
    match literal && !text.contains('\'') {
        true => format!("'{text}'"),
        false => format!("\"{text}\""),
    }
}

/// A list in one of the layouts that people use.
fn list(is_group: bool) -> impl Strategy<Value = String> {
    let remark = prop_oneof![
        3 => Just(String::new()),
        1 => "[ \t]{0,2}# [a-z, \\[\\]\"']{0,8}",
    ];
    let one = (entry(), any::<bool>(), remark.clone(), remark, 0..12u8);
    let indent = prop_oneof![Just("    "), Just("  "), Just("\t"), Just("")];
    let entries = proptest::collection::vec(one, 0..6);
    (entries, 0..4u8, indent, any::<bool>()).prop_map(move |(entries, layout, indent, comma)| {
        let count = entries.len();
        let texts = entries
            .iter()
            .map(|(text, literal, _, _, kind)| match kind {
                0 if is_group => "{include-group = \"other\"}".to_owned(),
                _ => quoted(text, *literal),
            });
        let texts: Vec<String> = texts.collect();
        let last = if comma && count > 0 { "," } else { "" };
        match layout {
            0 => format!("[{}{last}]", texts.join(", ")),
            1 if count > 0 => format!("[ {}{last} ]", texts.join(",")),
            2 if count > 0 => format!("[\n{indent}{}{last}\n]", texts.join(", ")),
            _ if count == 0 => "[]".to_owned(),
            _ => {
                let mut out = "[".to_owned();
                for (at, (text, (_, _, above, behind, _))) in texts.iter().zip(&entries).enumerate()
                {
                    if !above.is_empty() {
                        out.push_str(&format!("\n{indent}{}", above.trim_start()));
                    }
                    let comma = if at + 1 < count { "," } else { last };
                    out.push_str(&format!("\n{indent}{text}{comma}{behind}"));
                }
                out + "\n]"
            }
        }
    })
}

fn text() -> impl Strategy<Value = Text> {
    let shapes = 0..5u8;
    (shapes, any::<bool>(), any::<bool>()).prop_flat_map(|(shape, is_crlf, ends)| {
        list(shape == 3).prop_map(move |list| {
            let end = if ends { "\n" } else { "" };
            let (front, back, place) = match shape {
                0 => (
                    "# mine\n[project] # here\nname = 'a'\nversion   = '1'\ndependencies = ",
                    "  # all\n\n[tool.x]\ny=[ 1,2 ]",
                    DependencyPlace::Main,
                ),
                1 => (
                    "project.name = 'a'\nproject.version = '1'\nproject.dependencies=",
                    "\n\n# the end",
                    DependencyPlace::Main,
                ),
                2 => (
                    "[project]\nname = 'a'\nversion = '1'\n[project.optional-dependencies]\n\"X_y\" = ",
                    "\nz = [ ]",
                    DependencyPlace::Extra("x-y".parse().unwrap()),
                ),
                3 => (
                    "[dependency-groups]\nother = []\n# more\nDev = ",
                    "\n[project]\nname = 'a'\nversion = '1'",
                    DependencyPlace::Group("dev".parse().unwrap()),
                ),
                _ => (
                    "[tool.uv]\npackage = true\ndev-dependencies = ",
                    "\n[project]\nname = 'a'\nversion = '1'",
                    DependencyPlace::Group("dev".parse().unwrap()),
                ),
            };
            Text {
                front: front.to_owned(),
                list,
                back: format!("{back}{end}"),
                place,
                is_crlf,
            }
        })
    })
}

/// The requirements of the place, as they are written.
fn written(text: &str, place: &DependencyPlace) -> Vec<String> {
    let manifest = Manifest::parse(text).unwrap();
    let found = match place {
        DependencyPlace::Main => manifest
            .project
            .iter()
            .flat_map(|p| &p.dependencies)
            .collect(),
        DependencyPlace::Extra(extra) => {
            let extras = manifest.project.iter().flat_map(|p| &p.extras);
            let mine = extras.filter(|(name, _)| name == extra);
            mine.flat_map(|(_, list)| list).collect()
        }
        DependencyPlace::Group(group) => manifest.group(group).unwrap(),
    };
    found.into_iter().map(|one| one.text.clone()).collect()
}

fn editor(text: &str) -> ManifestEditor {
    ManifestEditor::parse(text).unwrap()
}

fn one_line(list: &str) -> bool {
    !list.contains('\n')
}

proptest! {
    #[test]
    fn what_is_added_and_taken_out_leaves_no_trace(text in text(), new in "q[a-z]{7}(<3|>=1)") {
        let before = text.text();
        let mut editor = editor(&before);
        prop_assert_eq!(editor.to_text(), before.clone());
        let new = Requirement::parse(&new).unwrap();
        prop_assert_eq!(editor.add(&text.place, &new).unwrap(), Placement::Inserted);
        let added = editor.to_text();
        let list = text.list_in(&added);
        prop_assert!(list.is_some(), "around the list: {added}");
        // The new one is there, and nothing else changed.
        let mut left = written(&added, &text.place);
        let at = left.iter().position(|one| *one == new.to_string());
        prop_assert!(at.is_some());
        left.remove(at.unwrap_or_default());
        prop_assert_eq!(left, written(&before, &text.place));
        // A second time there is nothing to do.
        prop_assert_eq!(editor.add(&text.place, &new).unwrap(), Placement::Unchanged);
        prop_assert_eq!(editor.to_text(), added.clone());
        let mut again = ManifestEditor::parse(&added).unwrap();
        prop_assert_eq!(again.remove(&text.place, &new.name).unwrap(), [new.to_string()]);
        // Only a line that grew too long was broken up, and stays so.
        let was_broken_up = one_line(&text.list) && !text.list.trim_matches(['[', ']']).is_empty()
            && !one_line(&list.unwrap_or_default());
        if !was_broken_up {
            prop_assert_eq!(again.to_text(), before);
        }
    }

    #[test]
    fn taking_out_takes_nothing_else(text in text(), at in any::<prop::sample::Index>()) {
        let before = text.text();
        let all = written(&before, &text.place);
        prop_assume!(!all.is_empty());
        let name = Requirement::parse(at.get::<String>(&all)).unwrap().name;
        let is_it = |text: &String| Requirement::parse(text).unwrap().name == name;
        let mut editor = editor(&before);
        let removed = editor.remove(&text.place, &name).unwrap();
        let after = editor.to_text();
        prop_assert!(text.list_in(&after).is_some(), "around the list: {after}");
        let gone: Vec<String> = all.iter().filter(|text| is_it(text)).cloned().collect();
        let left: Vec<String> = all.into_iter().filter(|text| !is_it(text)).collect();
        prop_assert_eq!(removed, gone);
        prop_assert_eq!(written(&after, &text.place), left);
        // Lines that are remarks stay.
        let remarks = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim).filter(|line| line.starts_with('#'));
            lines.map(str::to_owned).collect()
        };
        prop_assert_eq!(remarks(&after), remarks(&before));
    }

    #[test]
    fn what_is_replaced_stays_where_it_is(text in text(), at in any::<prop::sample::Index>()) {
        let before = text.text();
        let all = written(&before, &text.place);
        prop_assume!(!all.is_empty());
        let old = Requirement::parse(at.get::<String>(&all)).unwrap();
        let new = Requirement { source: Requirement::parse("x==7").unwrap().source, ..old.clone() };
        let mut editor = editor(&before);
        let placement = editor.add(&text.place, &new).unwrap();
        let after = editor.to_text();
        prop_assert!(text.list_in(&after).is_some(), "around the list: {after}");
        let names = |list: &[String]| -> Vec<PackageName> {
            list.iter().map(|text| Requirement::parse(text).unwrap().name).collect()
        };
        prop_assert_eq!(names(&written(&after, &text.place)), names(&all));
        match placement {
            Placement::Unchanged => prop_assert_eq!(after, before),
            Placement::Replaced(text) => prop_assert!(all.contains(&text)),
            Placement::Inserted => prop_assert!(false, "it was there"),
        }
    }

    #[test]
    fn an_index_is_written_once(text in text(), named in any::<bool>(), is_default in any::<bool>()) {
        let index = NewIndex {
            name: named.then(|| "mine".to_owned()),
            url: "https://me:secret@index.example/simple/".parse().unwrap(),
            is_default,
        };
        let mut editor = editor(&text.text());
        editor.add_index(&index).unwrap();
        let once = editor.to_text();
        prop_assert!(Manifest::parse(&once).is_ok() && !once.contains("secret"), "{once}");
        let mut again = ManifestEditor::parse(&once).unwrap();
        again.add_index(&index).unwrap();
        prop_assert_eq!(again.to_text(), once.clone());
        again.add_index(&NewIndex { name: Some("other".to_owned()), is_default: false, ..index }).unwrap();
        let both = again.to_text();
        prop_assert!(both.find("\"other\"") < both.find("index.example/simple/\"\n").or(Some(usize::MAX)), "{both}");
        prop_assert!(Manifest::parse(&both).is_ok());
    }
}
