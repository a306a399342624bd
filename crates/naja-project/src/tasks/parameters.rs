//! The arguments that a task declares, and what it was given.

use crate::nearest::nearest;

/// What a task takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Parameters {
    /// Anything: it goes to where `{args}` stands, else to the end.
    #[default]
    Any,
    /// Nothing.
    None,
    /// What is declared.
    Declared(Vec<Parameter>),
}

/// A declared argument: its value is a variable of the task's commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the variable.
    pub name: String,
    /// How it is given.
    pub kind: ParameterKind,
    /// Its value if it is not given.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
    /// The values it can have; any, if there are none.
    pub choices: Vec<String>,
    /// What it is good for.
    pub help: Option<String>,
}

/// How an argument is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// By its place.
    Positional,
    /// With a value behind one of these words.
    Option(Vec<String>),
    /// By one of these words, which makes its value `true`.
    Flag(Vec<String>),
}

/// What a task was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Variables for declared arguments.
    pub vars: Vec<(String, String)>,
    /// What stands for `{args}`.
    pub rest: Vec<String>,
}

/// Why arguments do not fit a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// It takes less.
    #[error("it takes no argument `{0}`")]
    TooMany(String),
    /// It has no such option.
    #[error("it has no option `{word}`{}", hint(.near))]
    Unknown {
        /// What was given.
        word: String,
        /// What may be meant.
        near: Option<String>,
    },
    /// An option is the last word.
    #[error("`{0}` needs a value")]
    NoValue(String),
    /// A flag has a value.
    #[error("`{0}` takes no value")]
    Value(String),
    /// Something is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value is none of those it can have.
    #[error("`{name}` cannot be `{value}`: it is one of {}", .choices.join(", "))]
    Choice {
        /// The argument.
        name: String,
        /// What was given.
        value: String,
        /// What can be given.
        choices: Vec<String>,
    },
}

fn hint(near: &Option<String>) -> String {
    let near = near.as_ref();
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl Parameter {
    fn words(&self) -> &[String] {
        match &self.kind {
            ParameterKind::Positional => &[],
            ParameterKind::Option(words) | ParameterKind::Flag(words) => words,
        }
    }

    fn check(&self, value: &str) -> Result<(), ArgumentError> {
        if self.choices.is_empty() || self.choices.iter().any(|choice| choice == value) {
            return Ok(());
        }
        Err(ArgumentError::Choice {
            name: self.name.clone(),
            value: value.to_owned(),
            choices: self.choices.clone(),
        })
    }

    /// How it is given, in a line: `--level LEVEL`.
    #[must_use]
    pub fn usage(&self) -> String {
        let value = self.name.to_uppercase();
        match &self.kind {
            ParameterKind::Positional => value,
            ParameterKind::Option(words) => format!("{} {value}", words.join(", ")),
            ParameterKind::Flag(words) => words.join(", "),
        }
    }
}

impl Parameters {
    /// Returns what is declared.
    #[must_use]
    pub fn declared(&self) -> &[Parameter] {
        match self {
            Self::Declared(all) => all,
            Self::Any | Self::None => &[],
        }
    }

    /// Divides what a task was given. `takes_rest` says whether something is done with what is not declared.
    ///
    /// # Errors
    /// It does not fit.
    pub fn pass(&self, given: &[String], takes_rest: bool) -> Result<Passed, ArgumentError> {
        let declared = match self {
            Self::Any => {
                return Ok(Passed {
                    vars: Vec::new(),
                    rest: given.to_vec(),
                });
            }
            Self::None => match given.first() {
                Some(word) => return Err(ArgumentError::TooMany(word.clone())),
                None => return Ok(Passed::default()),
            },
            Self::Declared(declared) => declared,
        };
        let mut reading = Reading {
            declared,
            takes_rest,
            values: vec![None; declared.len()],
            rest: Vec::new(),
        };
        reading.all(given)?;
        let values = declared.iter().zip(reading.values);
        let mut passed = Passed {
            vars: Vec::new(),
            rest: reading.rest,
        };
        for (parameter, value) in values {
            let value = value.or_else(|| parameter.default.clone());
            if let Some(value) = value {
                passed.vars.push((parameter.name.clone(), value));
            } else if parameter.required {
                return Err(ArgumentError::Missing(parameter.usage()));
            } else {
                // An outer variable of that name is not meant.
                passed.vars.push((parameter.name.clone(), String::new()));
            }
        }
        Ok(passed)
    }
}

struct Reading<'a> {
    declared: &'a [Parameter],
    takes_rest: bool,
    values: Vec<Option<String>>,
    rest: Vec<String>,
}

impl Reading<'_> {
    fn all(&mut self, given: &[String]) -> Result<(), ArgumentError> {
        let mut words = given.iter();
        let mut only_positional = false;
        while let Some(word) = words.next() {
            let is_option = word.len() > 1 && word.starts_with('-') && !only_positional;
            if !is_option {
                self.positional(word)?;
                continue;
            }
            if word == "--" {
                only_positional = true;
                continue;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let found = self
                .declared
                .iter()
                .position(|parameter| parameter.words().iter().any(|known| known == name));
            let Some(at) = found else {
                self.unknown(word, name)?;
                continue;
            };
            let value = match (&self.declared[at].kind, value) {
                (ParameterKind::Flag(_), None) => "true".to_owned(),
                (ParameterKind::Flag(_), Some(_)) => {
                    return Err(ArgumentError::Value(name.to_owned()));
                }
                (_, Some(value)) => value,
                (_, None) => match words.next() {
                    Some(value) => value.clone(),
                    None => return Err(ArgumentError::NoValue(name.to_owned())),
                },
            };
            self.declared[at].check(&value)?;
            self.values[at] = Some(value);
        }
        Ok(())
    }

    fn positional(&mut self, word: &str) -> Result<(), ArgumentError> {
        let free = (0..self.declared.len()).find(|&at| {
            self.values[at].is_none() && self.declared[at].kind == ParameterKind::Positional
        });
        match free {
            Some(at) => {
                self.declared[at].check(word)?;
                self.values[at] = Some(word.to_owned());
            }
            None if self.takes_rest => self.rest.push(word.to_owned()),
            None => return Err(ArgumentError::TooMany(word.to_owned())),
        }
        Ok(())
    }

    fn unknown(&mut self, word: &str, name: &str) -> Result<(), ArgumentError> {
        if self.takes_rest {
            self.rest.push(word.to_owned());
            return Ok(());
        }
        let known = self.declared.iter().flat_map(Parameter::words);
        Err(ArgumentError::Unknown {
            word: name.to_owned(),
            near: nearest(name, known.map(String::as_str)).map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: ParameterKind) -> Parameter {
        Parameter {
            name: name.to_owned(),
            required: kind == ParameterKind::Positional,
            kind,
            default: None,
            choices: Vec::new(),
            help: None,
        }
    }

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn declared_arguments() {
        let mut level = parameter("level", ParameterKind::Option(texts(&["-l", "--level"])));
        level.default = Some("info".to_owned());
        level.choices = texts(&["info", "debug"]);
        let fast = parameter("fast", ParameterKind::Flag(texts(&["--fast"])));
        let target = parameter("target", ParameterKind::Positional);
        let all = Parameters::Declared(vec![target, level, fast]);
        let pass = |words: &[&str], takes_rest: bool| {
            let passed = all.pass(&texts(words), takes_rest)?;
            let vars = passed.vars.iter().map(|(_, value)| value.as_str());
            Ok::<_, ArgumentError>((vars.collect::<Vec<_>>().join(","), passed.rest.join(" ")))
        };
        let ok = |vars: &str, rest: &str| Ok((vars.to_owned(), rest.to_owned()));
        assert_eq!(pass(&["x"], false), ok("x,info,", ""));
        assert_eq!(
            pass(&["-l", "debug", "x", "--fast"], false),
            ok("x,debug,true", "")
        );
        assert_eq!(
            pass(&["--level=debug", "--", "-x"], false),
            ok("-x,debug,", "")
        );
        assert_eq!(
            pass(&["x", "y", "--other"], true),
            ok("x,info,", "y --other")
        );
        for (words, error) in [
            (&[][..], "`TARGET` is missing"),
            (&["x", "y"], "it takes no argument `y`"),
            (
                &["x", "--levle", "debug"],
                "it has no option `--levle`; did you mean `--level`?",
            ),
            (&["x", "-l"], "`-l` needs a value"),
            (&["x", "--fast=1"], "`--fast` takes no value"),
            (
                &["x", "-l", "loud"],
                "`level` cannot be `loud`: it is one of info, debug",
            ),
        ] {
            assert_eq!(pass(words, false).unwrap_err().to_string(), error);
        }
        assert!(Parameters::None.pass(&texts(&["x"]), true).is_err());
        assert_eq!(
            Parameters::Any.pass(&texts(&["-x"]), false).unwrap().rest,
            ["-x"]
        );
    }
}
