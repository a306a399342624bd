use proptest::prelude::*;

use super::*;

fn found(source: &str) -> Vec<(String, u32, Need)> {
    let all = imports(source.as_bytes()).into_iter();
    all.map(|one| (one.module, one.line, one.need)).collect()
}

fn modules(source: &str) -> Vec<String> {
    let all = imports(source.as_bytes()).into_iter();
    all.map(|one| one.module).collect()
}

#[test]
fn statements_of_all_forms() {
    let source = "import a.b as c, d\nfrom e.f import (  # why\n  g,\n  h as i,\n)\nfrom j import *\n\
                  import k; import l \\\n  , m\nif x: import n\nclass A: from o import p\n";
    assert_eq!(
        modules(source),
        [
            "a.b", "d", "e.f.g", "e.f.h", "e.f", "j", "k", "l", "m", "n", "o.p"
        ]
    );
}

#[test]
fn relative_imports_are_left_out() {
    let source = "from . import a\nfrom .b import c\nfrom ... import d\nfrom e import f\n";
    assert_eq!(modules(source), ["e.f"]);
}

#[test]
fn strings_and_comments_hide_what_is_in_them() {
    let source = r#####"""" import a """
x = 'it\'s import b'  # import c
y = r'\'' ; z = rb"""
import d
""" ; import e
f = f"{x['import g']:{w}} {{ import h } {f'{1!r:>{2}}'}" ; import i
f = f'''
import j {
 "import k" } ''' ; import l
print("a" "b", u'c') ; import m
f"{x:"; import o
t = f"{d["import p"]}" ; import q
n = "no end
import r
"#####;
    assert_eq!(modules(source), ["e", "i", "l", "m", "o", "q", "r"]);
}

#[test]
fn lines_are_counted_in_every_form() {
    let lines: Vec<u32> =
        imports(b"\xef\xbb\xbfimport a\r\nimport b\rimport c\n'''\r\n'''\nimport d")
            .iter()
            .map(|one| one.line)
            .collect();
    assert_eq!(lines, [1, 2, 3, 6]);
}

#[test]
fn what_is_around_says_how_much_it_is_needed() {
    use Need::{Always, Optional, Typing};
    let source = "\
if TYPE_CHECKING:
    import a
    if x:
        from b import c
else:
    import d
if typing.TYPE_CHECKING: import e
if not TYPE_CHECKING: import f
try:
    import g
    try:
        import h
    except ValueError:
        import i
except (ValueError, ImportError) as error:
    import j
else:
    import k
try:
    import l
except ValueError:
    import m
except:
    pass
try:
    import n
finally:
    import o
with contextlib.suppress(ImportError):
    import p
importlib.import_module('q.r') ; pytest.importorskip('no module')
import s
";
    let needs: Vec<(String, Need)> = found(source)
        .into_iter()
        .map(|(module, _, need)| (module, need))
        .collect();
    let expected = [
        ("a", Typing),
        ("b.c", Typing),
        ("d", Always),
        ("e", Typing),
        ("f", Always),
        ("g", Optional),
        ("h", Optional),
        ("i", Optional),
        ("j", Optional),
        ("k", Always),
        ("l", Optional),
        ("m", Optional),
        ("n", Always),
        ("o", Always),
        ("p", Optional),
        ("q.r", Optional),
        ("s", Always),
    ];
    let expected: Vec<(String, Need)> = expected
        .map(|(module, need)| (module.to_owned(), need))
        .to_vec();
    assert_eq!(needs, expected);
}

#[test]
fn depth_does_not_matter() {
    let deep = format!("{}1{}\nimport a\n", "f\"{".repeat(9000), "}\"".repeat(9000));
    let _any = modules(&deep);
    let deep = format!("{}1{}\nimport a\n", "(".repeat(9000), ")".repeat(9000));
    assert_eq!(modules(&deep), ["a"]);
    let forms = format!("f'{}", "{:".repeat(9000));
    assert!(modules(&forms).is_empty());
}

#[test]
fn usual_names() {
    assert_eq!(usual_name("yaml"), Some("pyyaml"));
    assert_eq!(usual_name("google.protobuf.message"), Some("protobuf"));
    assert_eq!(usual_name("google.protobuffer"), None);
}

/// Pieces of Python, whole and broken.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"import a.b as c, d\n".to_vec()),
        Just(b"from .a import (b,\n".to_vec()),
        Just(b"try:\n  ".to_vec()),
        Just(b"except ImportError:\n  ".to_vec()),
        Just(b"if TYPE_CHECKING:\n\t".to_vec()),
        Just(b"f\"{".to_vec()),
        Just(b"f'''".to_vec()),
        Just(b"rb\"\"\"".to_vec()),
        Just(b"}:{".to_vec()),
        Just(b"\\\r\n".to_vec()),
        Just(b"import_module('a')".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(source in pieces()) {
        let lines = 1 + source.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        for import in imports(&source) {
            prop_assert!(!import.module.is_empty() && !import.top().is_empty());
            prop_assert!(import.line >= 1 && import.line as usize <= lines);
        }
    }

    #[test]
    fn what_comes_before_in_strings_changes_nothing(inside in "[a-z #{}:(\\[\n]{0,40}") {
        let source = format!("x = '''{inside}'''\nimport last\n");
        prop_assert_eq!(modules(&source), ["last"]);
    }
}
