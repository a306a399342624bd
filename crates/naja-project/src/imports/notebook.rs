//! Jupyter notebooks: JSON with code in its cells (nbformat 4).
//!
//! Cells are read one after the other, and nothing of what they put out is kept.

use std::fmt;

use naja_spec::script_block;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::{Import, imports};

/// Cell magics that run Python; all others take their cell for something else.
const RUNS_PYTHON: &[&str] = &[
    "capture", "debug", "ipytest", "prun", "pypy", "python", "python2", "python3", "time", "timeit",
];

/// What a notebook imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notebook {
    /// In the order of its cells; none if its language is another one.
    pub imports: Vec<Import>,
    /// Whether it declares itself what it imports, in one of its cells (PEP 723).
    pub is_script: bool,
}

/// Says that a file is no notebook.
#[derive(Debug, thiserror::Error)]
#[error("it is no notebook: {0}")]
pub struct NotebookError(serde_json::Error);

/// Finds what a notebook imports.
///
/// # Errors
/// It is not JSON, or its cells are not those of a notebook.
pub fn notebook(json: &[u8]) -> Result<Notebook, NotebookError> {
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let document: Document = serde_json::from_slice(json).map_err(NotebookError)?;
    Ok(match document.metadata.unwrap_or_default().is_python() {
        true => document.cells.0,
        false => Notebook::default(),
    })
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    cells: Cells,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    kernelspec: Option<Kernel>,
    language_info: Option<Language>,
}

#[derive(Deserialize)]
struct Kernel {
    language: Option<String>,
}

#[derive(Deserialize)]
struct Language {
    name: Option<String>,
}

impl Metadata {
    /// Whether its code is Python: that is what it is where nothing is said.
    fn is_python(&self) -> bool {
        let of_kernel = self.kernelspec.as_ref();
        let of_kernel = of_kernel.and_then(|kernel| kernel.language.as_deref());
        let own = self.language_info.as_ref();
        let own = own.and_then(|language| language.name.as_deref());
        let mut said = own.into_iter().chain(of_kernel).peekable();
        said.peek().is_none() || said.any(|language| language.eq_ignore_ascii_case("python"))
    }
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: String,
    #[serde(default)]
    source: Code,
}

/// What the cells import; each is forgotten once it is read.
#[derive(Default)]
struct Cells(Notebook);

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(EachCell)
    }
}

struct EachCell;

impl<'de> Visitor<'de> for EachCell {
    type Value = Cells;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of cells")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<Cells, A::Error> {
        let mut read = Notebook::default();
        let mut number = 0_u32;
        while let Some(cell) = cells.next_element::<Cell>()? {
            number = number.saturating_add(1);
            let code = cell.source.0;
            if cell.cell_type != "code" || !is_python(&code) {
                continue;
            }
            read.is_script |= matches!(script_block(&code), Ok(Some(_)));
            let found = imports(code.as_bytes()).into_iter();
            read.imports.extend(found.map(|import| Import {
                cell: Some(number),
                ..import
            }));
        }
        Ok(Cells(read))
    }
}

/// Whether the code of a cell is for Python, and not for a cell magic such as `%%bash`.
fn is_python(code: &str) -> bool {
    match code.trim_start().strip_prefix("%%") {
        Some(magic) => {
            let name = magic.split_whitespace().next().unwrap_or_default();
            RUNS_PYTHON.contains(&name)
        }
        None => true,
    }
}

/// A text, in one piece or in several.
#[derive(Default)]
struct Code(String);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EachPiece)
    }
}

struct EachPiece;

impl<'de> Visitor<'de> for EachPiece {
    type Value = Code;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a text or a list of texts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Code, E> {
        Ok(Code(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<Code, A::Error> {
        let mut all = String::new();
        while let Some(piece) = pieces.next_element::<std::borrow::Cow<'_, str>>()? {
            all.push_str(&piece);
        }
        Ok(Code(all))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn code(source: &Value) -> Value {
        json!({"cell_type": "code", "metadata": {}, "outputs": [{"data": {"text": ["x"]}}], "source": source})
    }

    fn read(document: &Value) -> Notebook {
        notebook(document.to_string().as_bytes()).unwrap()
    }

    /// Cell, line and module of each import.
    fn found(cells: &[Value]) -> Vec<(u32, u32, String)> {
        let read = read(&json!({"nbformat": 4, "cells": cells}));
        let found = read.imports.into_iter();
        found
            .map(|one| (one.cell.unwrap(), one.line, one.module))
            .collect()
    }

    fn wanted(wanted: &[(u32, u32, &str)]) -> Vec<(u32, u32, String)> {
        let wanted = wanted.iter();
        wanted
            .map(|(cell, line, module)| (*cell, *line, (*module).to_owned()))
            .collect()
    }

    #[test]
    fn cells_of_code_are_read_one_by_one() {
        let cells = [
            json!({"cell_type": "markdown", "source": ["import no\n"]}),
            code(&json!(["import harry\n", "\n", "from ron import map"])),
            json!({"cell_type": "raw", "source": "import no"}),
            // One that is not closed does not reach into the next.
            code(&json!("x = (\nimport lost")),
            code(&json!("import luna")),
        ];
        assert_eq!(
            found(&cells),
            wanted(&[(2, 1, "harry"), (2, 3, "ron.map"), (5, 1, "luna")])
        );
    }

    #[test]
    fn commands_of_ipython_are_no_python() {
        let text = "%matplotlib inline\n!pip install no (\nimport harry\n  %cd it's\nfiles = !ls \"\n\
                    info = %sql select (\nx = (7\n  % luna)\nx != 3; import luna\n!ls \\\n  import no\n?print(\nimport ron";
        assert_eq!(
            found(&[code(&json!(text))]),
            wanted(&[(1, 3, "harry"), (1, 9, "luna"), (1, 13, "ron")])
        );
        let cells = [
            code(&json!("%%bash\nimport no\n")),
            code(&json!("\n%%time\nimport harry\n")),
            code(&json!("%%timeit import no\nimport luna\n")),
            code(&json!("%%\nimport no\n")),
        ];
        assert_eq!(found(&cells), wanted(&[(2, 3, "harry"), (3, 2, "luna")]));
    }

    #[test]
    fn other_languages_import_nothing() {
        let cells = [code(&json!("import harry"))];
        for (metadata, count) in [
            (json!({}), 1),
            (json!(null), 1),
            (json!({"kernelspec": {"name": "python3"}}), 1),
            (json!({"kernelspec": {"language": "python"}}), 1),
            (
                json!({"language_info": {"name": "python"}, "kernelspec": {"language": "sage"}}),
                1,
            ),
            (json!({"language_info": {"name": "R"}}), 0),
            (json!({"kernelspec": {"language": "julia"}}), 0),
        ] {
            let read = read(&json!({"cells": cells, "metadata": metadata}));
            assert_eq!(read.imports.len(), count, "{metadata}");
        }
    }

    #[test]
    fn one_with_metadata_of_its_own_is_known() {
        let block = "# /// script\n# dependencies = [\"harry\"]\n# ///\n";
        assert!(read(&json!({"cells": [code(&json!(block))]})).is_script);
        assert!(!read(&json!({"cells": [code(&json!("import harry"))]})).is_script);
    }

    #[test]
    fn what_is_no_notebook_is_an_error() {
        for text in [
            "",
            "import harry",
            "[]",
            "{\"cells\": {}}",
            "{\"cells\": [1]}",
            "{\"cells\": [{\"source\": 1}]}",
            "{\"cells\": [{\"source\": [[]]}]}",
            "{\"cells\": [], \"cells\": []}",
            "{\"cells\": []} x",
        ] {
            assert!(notebook(text.as_bytes()).is_err(), "{text}");
        }
        // Depth is bounded, also where nothing is looked at.
        let deep = |key: &str| format!("{{\"{key}\": {}", "[".repeat(1 << 20));
        assert!(notebook(deep("cells").as_bytes()).is_err());
        assert!(notebook(deep("x").as_bytes()).is_err());
        let nothing = Notebook::default();
        assert_eq!(read(&json!({})), nothing);
        assert_eq!(read(&json!({"nbformat": 3, "worksheets": []})), nothing);
        assert_eq!(notebook(b"\xef\xbb\xbf{}").unwrap(), nothing);
    }

    proptest! {
        #[test]
        fn a_cell_is_read_as_a_file(text in "(import a\n|  |b = \\(|\\)|\"\"\"|try:\n|except ImportError:\n|from . import c\n|\n)*") {
            let mut alone = imports(text.as_bytes());
            alone.iter_mut().for_each(|import| import.cell = Some(1));
            let pieces: Vec<&str> = text.split_inclusive('\n').collect();
            prop_assert_eq!(&read(&json!({"cells": [code(&json!(text))]})).imports, &alone);
            prop_assert_eq!(read(&json!({"cells": [code(&json!(pieces))]})).imports, alone);
        }
    }
}
