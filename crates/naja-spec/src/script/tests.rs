use super::*;

fn content(source: &str) -> Option<String> {
    script_block(source).unwrap().map(|block| block.content)
}

const PLAIN: &str = "\
#!/usr/bin/env python
# /// script
# requires-python = \">=3.11\"
# dependencies = [
#   \"requests<3\",
#
#   \"rich\",
# ]
# [tool.x]
# y = 1
# ///
import requests
";

#[test]
fn a_block_is_read() {
    let block = script_block(PLAIN).unwrap().unwrap();
    assert_eq!(block.line, 2);
    assert!(PLAIN[block.range.clone()].starts_with("# /// script\n"));
    assert!(PLAIN[block.range.clone()].ends_with("# y = 1\n# ///"));
    let metadata = ScriptMetadata::parse(&block).unwrap();
    let dependencies: Vec<_> = metadata
        .dependencies
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(dependencies, ["requests<3", "rich"]);
    assert_eq!(metadata.requires_python.unwrap().to_string(), ">=3.11");
    assert_eq!(metadata.tool["x"]["y"].as_integer(), Some(1));
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let expected = content(PLAIN);
    assert!(expected.is_some());
    for end in ["\r\n", "\r"] {
        assert_eq!(content(&PLAIN.replace('\n', end)), expected);
        assert_eq!(
            content(&format!("\u{feff}{}", PLAIN.replace('\n', end))),
            expected
        );
    }
    let first = "\u{feff}# /// script\n# a = 1\n# ///";
    let block = script_block(first).unwrap().unwrap();
    assert_eq!(&first[block.range], "# /// script\n# a = 1\n# ///");
}

#[test]
fn content_lines_are_a_sign_alone_or_with_a_space() {
    assert_eq!(
        content("# /// script\n#\n# a\n#  b\n# ///").as_deref(),
        Some("\na\n b\n")
    );
    // `#x` ends the run of comment lines, so the block is not closed.
    assert_eq!(content("# /// script\n#x\n# ///"), None);
    assert_eq!(content("# /// script\n#\tx\n# ///"), None);
}

#[test]
fn the_last_closing_line_of_the_run_counts() {
    let source = "# /// script\n# a\n# ///\n# b\n# ///\n# c\n\n# ///\n";
    assert_eq!(content(source).as_deref(), Some("a\n///\nb\n"));
    let nested = "# /// script\n# a\n# /// other\n# b\n# ///";
    assert_eq!(content(nested).as_deref(), Some("a\n/// other\nb\n"));
}

#[test]
fn what_is_no_block_is_passed_over() {
    for source in [
        "",
        "# /// script",
        "# /// script\n# a = 1\n",
        "# /// script\n# a = 1\nimport x\n# ///",
        "# /// script\n# ///",
        "# /// script \n# a\n# ///",
        "#/// script\n# a\n# ///",
        "# /// script\n# a\n# /// ",
        " # /// script\n # a\n # ///",
        "# /// other\n# a\n# ///",
        "# /// scri_pt\n# a\n# ///",
        "# ///\n# a\n# ///",
    ] {
        assert_eq!(content(source), None, "{source:?}");
    }
}

#[test]
fn a_block_after_one_that_is_not_closed_counts() {
    let source = "# /// script\n# a\ncode\n# /// script\n# b\n# ///\n# /// script\n";
    assert_eq!(content(source).as_deref(), Some("b\n"));
    let source = "# /// other\n# a\n# ///\ncode\n# /// script\n# b\n# ///\n";
    assert_eq!(content(source).as_deref(), Some("b\n"));
}

#[test]
fn two_blocks_are_an_error() {
    let source = "# /// script\n# a\n# ///\n\n# /// script\n# b\n# ///\n";
    let error = script_block(source).unwrap_err();
    assert_eq!(
        error,
        ScriptError::SecondBlock {
            first: 1,
            second: 5
        }
    );
}

#[test]
fn errors_name_the_line_of_the_script() {
    let parse = |lines: &str| {
        let source = format!("\n# /// script\n{lines}\n# ///\n");
        ScriptMetadata::parse(&script_block(&source).unwrap().unwrap()).unwrap_err()
    };
    for (lines, line) in [
        ("# x = 1\n# y = ", 4),
        ("# dependencies = 'a'", 3),
        ("#\n# requires-python = 3", 4),
        ("# tool = 1", 3),
    ] {
        let error = parse(lines);
        assert!(
            matches!(error, ScriptError::Toml { line: at, .. } if at == line),
            "{error:?}"
        );
    }
    let error = parse("# dependencies = [\n#   'a',\n#   'b =1',\n# ]");
    assert!(
        matches!(error, ScriptError::Dependency { line: 5, .. }),
        "{error:?}"
    );
    let error = parse("# x = 1\n# requires-python = '3.11'");
    assert!(
        matches!(error, ScriptError::RequiresPython { line: 4, .. }),
        "{error:?}"
    );
}

#[test]
fn many_opening_lines_take_linear_time() {
    let source = "# /// script\n".repeat(200_000);
    assert_eq!(content(&source), None);
    let source = format!("{}# ///\n", "# /// other\n".repeat(200_000));
    assert_eq!(content(&source), None);
}

#[test]
fn fields_may_be_absent() {
    let block = script_block("# /// script\n#\n# ///").unwrap().unwrap();
    assert_eq!(
        ScriptMetadata::parse(&block).unwrap(),
        ScriptMetadata::default()
    );
}
