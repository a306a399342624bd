//! Jupyter notebooks: JSON with code in its cells (nbformat 4), or in the cells of its worksheets (nbformat 2 and 3).
//!
//! Cells are read one after the other, and nothing of what they put out is kept.

use std::fmt;
use std::marker::PhantomData;

use naja_spec::script_block;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};

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
    if !document.metadata.unwrap_or_default().is_python() {
        return Ok(Notebook::default());
    }
    let sheets = document.worksheets.into_iter().map(|sheet| sheet.cells);
    Ok(match document.cells {
        Some(cells) => cells.read,
        None => joined(sheets),
    })
}

/// One after the other, their cells counted through.
fn joined(sheets: impl Iterator<Item = Cells<OldCell>>) -> Notebook {
    let mut all = Notebook::default();
    let mut before = 0_u32;
    for sheet in sheets {
        all.is_script |= sheet.read.is_script;
        let found = sheet.read.imports.into_iter();
        all.imports.extend(found.map(|import| Import {
            cell: import.cell.map(|number| number.saturating_add(before)),
            ..import
        }));
        before = before.saturating_add(sheet.count);
    }
    all
}

#[derive(Deserialize)]
struct Document {
    cells: Option<Cells<Cell>>,
    #[serde(default)]
    worksheets: Vec<Worksheet>,
    metadata: Option<Metadata>,
}

/// What held the cells up to nbformat 3.
#[derive(Deserialize)]
struct Worksheet {
    #[serde(default)]
    cells: Cells<OldCell>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(alias = "kernel_info")]
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

/// One of nbformat 2 or 3: it says its language itself.
#[derive(Deserialize)]
struct OldCell {
    #[serde(default)]
    cell_type: String,
    #[serde(default)]
    input: Code,
    language: Option<String>,
}

/// A cell that may have code of Python.
trait MayHaveCode: DeserializeOwned {
    fn code(self) -> Option<String>;
}

impl MayHaveCode for Cell {
    fn code(self) -> Option<String> {
        (self.cell_type == "code").then_some(self.source.0)
    }
}

impl MayHaveCode for OldCell {
    fn code(self) -> Option<String> {
        let language = self.language.as_deref();
        let is_python = language.is_none_or(|said| said.eq_ignore_ascii_case("python"));
        (self.cell_type == "code" && is_python).then_some(self.input.0)
    }
}

/// What the cells import; each is forgotten once it is read.
struct Cells<C> {
    read: Notebook,
    /// How many cells there are, of all kinds.
    count: u32,
    kind: PhantomData<C>,
}

impl<C> Default for Cells<C> {
    fn default() -> Self {
        Self {
            read: Notebook::default(),
            count: 0,
            kind: PhantomData,
        }
    }
}

impl<'de, C: MayHaveCode> Deserialize<'de> for Cells<C> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(EachCell(PhantomData))
    }
}

struct EachCell<C>(PhantomData<C>);

impl<'de, C: MayHaveCode> Visitor<'de> for EachCell<C> {
    type Value = Cells<C>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of cells")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<Cells<C>, A::Error> {
        let mut all = Cells::default();
        while let Some(cell) = cells.next_element::<C>()? {
            all.count = all.count.saturating_add(1);
            let Some(code) = cell.code().filter(|code| is_python(code)) else {
                continue;
            };
            all.read.is_script |= matches!(script_block(&code), Ok(Some(_)));
            let found = imports(code.as_bytes()).into_iter();
            all.read.imports.extend(found.map(|import| Import {
                cell: Some(all.count),
                ..import
            }));
        }
        Ok(all)
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
    fn cells_of_worksheets_are_counted_through() {
        let old = |input: Value, language: &str| json!({"cell_type": "code", "collapsed": false, "input": input, "language": language, "outputs": []});
        let first = [
            json!({"cell_type": "heading", "level": 1, "source": "import no"}),
            old(json!(["import harry\n", "import ron"]), "python"),
            old(json!("import no"), "R"),
            json!({"cell_type": "code", "input": "# /// script\n# x = 1\n# ///\n"}),
        ];
        let second = [old(json!("\n%time x\nimport luna"), "Python")];
        let sheets = json!([{"cells": first, "metadata": {}}, {}, {"cells": second}]);
        let read_old = |metadata: Value| {
            read(&json!({"nbformat": 3, "metadata": metadata, "worksheets": sheets}))
        };
        let book = read_old(json!({"name": "look"}));
        let places = book.imports.iter();
        let places = places.map(|one| (one.cell.unwrap(), one.line, one.module.clone()));
        assert_eq!(
            places.collect::<Vec<_>>(),
            wanted(&[(2, 1, "harry"), (2, 2, "ron"), (5, 3, "luna")])
        );
        assert!(book.is_script);
        let other = json!({"kernel_info": {"name": "ir", "language": "R"}});
        assert_eq!(read_old(other), Notebook::default());
        // What nbformat 4 calls its cells is what counts.
        let both = json!({"cells": [code(&json!("import harry"))], "worksheets": sheets});
        assert_eq!(read(&both).imports.len(), 1);
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
            "{\"worksheets\": {}}",
            "{\"worksheets\": [{\"cells\": [{\"input\": 1}]}]}",
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
