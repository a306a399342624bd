//! Imports in lines of Python, and what is around them.

use super::tokens::{Line, Token, TokenKind};
use super::{Import, Need};

/// Functions that import what a text names.
const BY_TEXT: &[&str] = &["import_module", "__import__", "importorskip"];

/// Words that a block begins with.
const BLOCKS: &[&str] = &[
    "if", "elif", "else", "try", "except", "finally", "with", "for", "while", "def", "class",
    "async", "match", "case",
];

/// Failures of imports, and what stands for them among others.
const CAUGHT: &[&str] = &[
    "ImportError",
    "ModuleNotFoundError",
    "Exception",
    "BaseException",
];

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// Only for programs that check types.
    Typing,
    /// In case of need, or caught.
    Optional,
    /// After `try`; the number of imports before it.
    Tried(usize),
    /// After an `except` that is about something else; the number of imports before its `try`.
    Other(usize),
    /// After an `except` that catches failing imports.
    Instead(usize),
}

/// Reads line by line.
#[derive(Default)]
pub(super) struct Reader {
    found: Vec<Import>,
    /// The blocks that are open, and how far their first lines are moved to the right.
    open: Vec<(usize, Block)>,
}

impl Reader {
    pub(super) fn finish(self) -> Vec<Import> {
        self.found
    }

    pub(super) fn line(&mut self, line: &Line<'_, '_>) {
        let closed = self.close(line.indent);
        let tokens = line.tokens;
        let is_block = BLOCKS.iter().any(|word| tokens[0].is_word(word));
        let colon = colon(tokens).filter(|_| is_block);
        let Some(colon) = colon else {
            return self.statements(tokens);
        };
        let (head, body) = tokens.split_at(colon);
        self.named_by_text(head);
        if let Some(block) = self.block(head, closed) {
            self.open.push((line.indent, block));
        }
        self.statements(&body[1..]);
    }

    /// Closes the blocks that end before a line; gives that of the same indent.
    fn close(&mut self, indent: usize) -> Option<Block> {
        let mut closed = None;
        while let Some((_, block)) = self.open.pop_if(|(opened, _)| *opened >= indent) {
            closed = Some(block);
        }
        closed
    }

    /// What begins with a line, if it matters; `before` is what ended with it.
    fn block(&mut self, head: &[Token<'_>], before: Option<Block>) -> Option<Block> {
        let first = head.first()?;
        let names = |list: &[&str]| {
            head.iter()
                .any(|one| list.iter().any(|name| one.is_word(name)))
        };
        if first.is_word("if") || first.is_word("elif") {
            return checks_types(&head[1..]).then_some(Block::Typing);
        }
        if first.is_word("try") {
            return Some(Block::Tried(self.found.len()));
        }
        if first.is_word("with") && names(&["suppress"]) && names(CAUGHT) {
            return Some(Block::Optional);
        }
        let (Block::Tried(start) | Block::Other(start) | Block::Instead(start)) = before? else {
            return None;
        };
        if !first.is_word("except") {
            return None;
        }
        if head.len() > 1 && !names(CAUGHT) {
            return Some(Block::Other(start));
        }
        for import in self.found.get_mut(start..).unwrap_or_default() {
            import.need = import.need.min(Need::Optional);
        }
        Some(Block::Instead(start))
    }

    fn need(&self) -> Need {
        let needs = self.open.iter().map(|(_, block)| match block {
            Block::Typing => Need::Typing,
            Block::Optional | Block::Instead(_) => Need::Optional,
            Block::Tried(_) | Block::Other(_) => Need::Always,
        });
        needs.min().unwrap_or(Need::Always)
    }

    /// Simple statements, with `;` between them.
    fn statements(&mut self, tokens: &[Token<'_>]) {
        self.named_by_text(tokens);
        for statement in tokens.split(|token| token.is_sign(b';')) {
            let Some((first, rest)) = statement.split_first() else {
                continue;
            };
            if first.is_word("import") {
                for one in rest.split(|token| token.is_sign(b',')) {
                    let (module, _) = dotted(one);
                    self.add(module, first.line);
                }
            } else if first.is_word("from") {
                self.from(rest, first.line);
            }
        }
    }

    /// `from a.b import c, d`, behind `from`.
    fn from(&mut self, rest: &[Token<'_>], line: u32) {
        let (module, length) = dotted(rest);
        let (Some(module), Some(then)) = (module, rest.get(length)) else {
            return;
        };
        if !then.is_word("import") {
            return;
        }
        for one in rest[length + 1..].split(|token| token.is_sign(b',')) {
            let mut words = one.iter().filter_map(Token::word);
            let name = words.next().map(String::from_utf8_lossy);
            match name {
                Some(name) => self.add(Some(format!("{module}.{name}")), line),
                None => self.add(Some(module.clone()), line),
            }
        }
    }

    /// Calls such as `import_module("a.b")`.
    fn named_by_text(&mut self, tokens: &[Token<'_>]) {
        for three in tokens.windows(3) {
            let is_call = BY_TEXT.iter().any(|name| three[0].is_word(name));
            let TokenKind::Text(text) = three[2].kind else {
                continue;
            };
            if !is_call || !three[1].is_sign(b'(') {
                continue;
            }
            let Ok(module) = std::str::from_utf8(text) else {
                continue;
            };
            let is_module = module.split('.').all(|part| {
                !part.is_empty() && part.chars().all(|one| one.is_alphanumeric() || one == '_')
            });
            if is_module {
                self.found.push(Import {
                    module: module.to_owned(),
                    cell: None,
                    line: three[0].line,
                    need: Need::Optional,
                });
            }
        }
    }

    fn add(&mut self, module: Option<String>, line: u32) {
        if let Some(module) = module {
            let need = self.need();
            let cell = None;
            self.found.push(Import {
                module,
                cell,
                line,
                need,
            });
        }
    }
}

/// The place of the `:` that ends the head of a block.
fn colon(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_u32;
    tokens.iter().position(|token| {
        match token.kind {
            TokenKind::Sign(b'(' | b'[' | b'{') => depth = depth.saturating_add(1),
            TokenKind::Sign(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_sign(b':')
    })
}

/// Whether a condition is `TYPE_CHECKING`, of whatever module.
fn checks_types(condition: &[Token<'_>]) -> bool {
    let mut words = condition.iter().filter(|token| {
        let is_around = [b'(', b')', b'.'].iter().any(|sign| token.is_sign(*sign));
        !is_around
    });
    let is_name = |token: &Token<'_>| token.word().is_some_and(|word| word != b"not");
    words.clone().all(is_name)
        && words
            .next_back()
            .is_some_and(|last| last.is_word("TYPE_CHECKING"))
}

/// The name `a.b.c` at the beginning, if there is one, and how many tokens it has.
fn dotted(tokens: &[Token<'_>]) -> (Option<String>, usize) {
    let mut module = String::new();
    let mut length = 0;
    while let Some(word) = tokens.get(length).and_then(Token::word) {
        if word[0].is_ascii_digit() {
            break;
        }
        module.push_str(&String::from_utf8_lossy(word));
        length += 1;
        let goes_on = tokens.get(length).is_some_and(|token| token.is_sign(b'.'));
        if !goes_on {
            return (Some(module), length);
        }
        module.push('.');
        length += 1;
    }
    (None, length)
}
