//! Tables that say how single packages are built, and what they require without being built.

use naja_spec::{ExtraName, PackageName, Requirement, Version, VersionSpecifiers};
use toml::de::{DeTable, DeValue};

use super::lists::{ConfigSettings, text_of_scalar};
use super::value::{Dialect, Mismatch, OptionValue, ValueContext, article};

/// A table by the names of packages.
type ByPackage<T> = Vec<(PackageName, T)>;

/// Reads a table whose keys are names of packages.
fn by_package<T>(
    value: &DeValue<'_>,
    cx: ValueContext<'_>,
    read: impl Fn(&DeValue<'_>) -> Result<T, Mismatch>,
) -> Result<ByPackage<T>, Mismatch> {
    let table = value
        .as_table()
        .ok_or_else(|| Mismatch::new("a table of packages", article(value.type_str())))?;
    let mut all = Vec::with_capacity(table.len());
    for (name, item) in table {
        let name = PackageName::from_text(name.get_ref(), cx)?;
        all.push((name, read(item.get_ref())?));
    }
    Ok(all)
}

/// Adds the packages of a lower layer that are not there yet.
fn append_packages<T: Clone>(to: &mut ByPackage<T>, lower: &ByPackage<T>) {
    for (name, value) in lower {
        if !to.iter().any(|(known, _)| known == name) {
            to.push((name.clone(), value.clone()));
        }
    }
}

fn of_package<'a, T>(all: &'a ByPackage<T>, package: &PackageName) -> Option<&'a T> {
    let found = all.iter().find(|(name, _)| name == package);
    found.map(|(_, value)| value)
}

/// Settings for the build backends of single packages (`PACKAGE:KEY=VALUE`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageConfigSettings(pub Vec<(PackageName, ConfigSettings)>);

impl PackageConfigSettings {
    /// Returns what is handed to the backend of a package.
    #[must_use]
    pub fn of(&self, package: &PackageName) -> Option<&ConfigSettings> {
        of_package(&self.0, package)
    }
}

impl OptionValue for PackageConfigSettings {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of packages, or PACKAGE:KEY=VALUE";

    fn from_text(text: &str, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let parts = match cx.dialect {
            Dialect::Argument => vec![text],
            _ => text.split_whitespace().collect(),
        };
        let mut all = Self::default();
        for part in parts {
            let wrong = || Mismatch::quoted(Self::EXPECTED, part);
            let (name, pair) = part.split_once(':').ok_or_else(wrong)?;
            let name = PackageName::parse(name.trim()).map_err(|_| wrong())?;
            let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
            let pair = ConfigSettings(vec![(key.to_owned(), value.to_owned())]);
            all.append_lower(&Self(vec![(name, pair)]));
        }
        Ok(all)
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        by_package(value, cx, |item| ConfigSettings::from_toml(item, cx)).map(Self)
    }

    fn append_lower(&mut self, lower: &Self) {
        for (name, settings) in &lower.0 {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.append_lower(settings),
                None => self.0.push((name.clone(), settings.clone())),
            }
        }
    }

    fn show(&self) -> String {
        let shown = self.0.iter().flat_map(|(name, settings)| {
            let pairs = settings.0.iter();
            pairs.map(move |(key, value)| format!("{name}:{key}={value}"))
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

/// What a package requires, given by hand instead of by its own metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenMetadata {
    /// The package.
    pub name: PackageName,
    /// The version it is for; absent: every one.
    pub version: Option<Version>,
    /// `Requires-Dist`.
    pub requires_dist: Vec<Requirement>,
    /// `Requires-Python`.
    pub requires_python: Option<VersionSpecifiers>,
    /// `Provides-Extra`.
    pub provides_extra: Vec<ExtraName>,
}

/// `dependency-metadata`: what packages require, given by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DependencyMetadata(pub Vec<GivenMetadata>);

impl OptionValue for DependencyMetadata {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a list of tables with `name`";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Err(Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::new(Self::EXPECTED, article(value.type_str()));
        let items = value.as_array().ok_or_else(wrong)?;
        let given = items.iter().map(|item| match item.get_ref() {
            DeValue::Table(table) => given_metadata(table, cx),
            other => Err(Mismatch::new(Self::EXPECTED, article(other.type_str()))),
        });
        given.collect::<Result<_, _>>().map(Self)
    }

    fn append_lower(&mut self, lower: &Self) {
        for given in &lower.0 {
            let same =
                |known: &&GivenMetadata| known.name == given.name && known.version == given.version;
            if !self.0.iter().any(|known| same(&known)) {
                self.0.push(given.clone());
            }
        }
    }

    fn show(&self) -> String {
        let shown = self.0.iter().map(|given| match &given.version {
            Some(version) => format!("{}=={version}", given.name),
            None => given.name.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

fn given_metadata(table: &DeTable<'_>, cx: ValueContext<'_>) -> Result<GivenMetadata, Mismatch> {
    let name = table
        .get("name")
        .ok_or_else(|| Mismatch::new("a `name` for metadata given by hand", "none"))?;
    let mut given = GivenMetadata {
        name: PackageName::from_toml(name.get_ref(), cx)?,
        version: None,
        requires_dist: Vec::new(),
        requires_python: None,
        provides_extra: Vec::new(),
    };
    for (key, item) in table {
        let item = item.get_ref();
        match key.get_ref().as_ref() {
            "version" => {
                let text = String::from_toml(item, cx)?;
                let version = Version::parse(&text);
                given.version = Some(version.map_err(|_| Mismatch::quoted("a version", &text))?);
            }
            "requires-dist" => given.requires_dist = Vec::from_toml(item, cx)?,
            "requires-python" => {
                let text = String::from_toml(item, cx)?;
                let bounds = VersionSpecifiers::parse(&text);
                let wrong = |_| Mismatch::quoted("bounds like `>=3.9`", &text);
                given.requires_python = Some(bounds.map_err(wrong)?);
            }
            "provides-extra" | "provides-extras" => {
                let names: Vec<String> = Vec::from_toml(item, cx)?;
                let name = |text: &String| {
                    ExtraName::parse(text)
                        .map_err(|_| Mismatch::quoted("the name of an extra", text))
                };
                given.provides_extra = names.iter().map(name).collect::<Result<_, _>>()?;
            }
            _ => {}
        }
    }
    Ok(given)
}

/// One requirement that is added to those of a package's build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraBuildDependency {
    /// The requirement.
    pub requirement: Requirement,
    /// Whether it has to be of the version that is chosen for the environment itself.
    pub match_runtime: bool,
}

/// `extra-build-dependencies`: what packages need to be built and do not say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraBuildDependencies(pub Vec<(PackageName, Vec<ExtraBuildDependency>)>);

impl ExtraBuildDependencies {
    /// Returns what is added to the build of a package.
    #[must_use]
    pub fn of(&self, package: &PackageName) -> &[ExtraBuildDependency] {
        of_package(&self.0, package).map_or(&[], Vec::as_slice)
    }
}

impl OptionValue for ExtraBuildDependencies {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of packages, each a list of requirements";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Err(Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let one = |item: &DeValue<'_>| match item {
            DeValue::Table(table) => {
                let requirement = table
                    .get("requirement")
                    .ok_or_else(|| Mismatch::new("a table with `requirement`", "none"))?;
                let switch = table.get("match-runtime");
                let switch = switch.map(|switch| bool::from_toml(switch.get_ref(), cx));
                Ok(ExtraBuildDependency {
                    requirement: Requirement::from_toml(requirement.get_ref(), cx)?,
                    match_runtime: switch.transpose()?.unwrap_or(false),
                })
            }
            other => Ok(ExtraBuildDependency {
                requirement: Requirement::from_toml(other, cx)?,
                match_runtime: false,
            }),
        };
        let read = |item: &DeValue<'_>| match item.as_array() {
            Some(items) => items.iter().map(|item| one(item.get_ref())).collect(),
            None => Err(Mismatch::new(Self::EXPECTED, article(item.type_str()))),
        };
        by_package(value, cx, read).map(Self)
    }

    fn append_lower(&mut self, lower: &Self) {
        append_packages(&mut self.0, &lower.0);
    }

    fn show(&self) -> String {
        let shown = self.0.iter().flat_map(|(name, all)| {
            let all = all.iter();
            all.map(move |one| format!("{name}: {}", one.requirement))
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

/// `extra-build-variables`: variables that are set while a package is built.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraBuildVariables(pub Vec<(PackageName, Vec<(String, String)>)>);

impl ExtraBuildVariables {
    /// Returns the variables that are set while a package is built.
    #[must_use]
    pub fn of(&self, package: &PackageName) -> &[(String, String)] {
        of_package(&self.0, package).map_or(&[], Vec::as_slice)
    }
}

impl OptionValue for ExtraBuildVariables {
    const IS_LIST: bool = true;
    const EXPECTED: &'static str = "a table of packages, each a table of variables";

    fn from_text(text: &str, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        Err(Mismatch::quoted(Self::EXPECTED, text))
    }

    fn from_toml(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let read = |item: &DeValue<'_>| {
            let wrong = || Mismatch::new(Self::EXPECTED, article(item.type_str()));
            let table = item.as_table().ok_or_else(wrong)?;
            let mut variables = Vec::with_capacity(table.len());
            for (key, item) in table {
                let name = key.get_ref().to_string();
                if name.is_empty() || name.contains(['=', '\0']) {
                    return Err(Mismatch::quoted("the name of a variable", &name));
                }
                let value = text_of_scalar(item.get_ref())?;
                if value.contains('\0') {
                    return Err(Mismatch::new("a text", "one with a zero byte"));
                }
                variables.push((name, value));
            }
            Ok(variables)
        };
        by_package(value, cx, read).map(Self)
    }

    fn append_lower(&mut self, lower: &Self) {
        append_packages(&mut self.0, &lower.0);
    }

    fn show(&self) -> String {
        // The values may be secrets.
        let shown = self.0.iter().flat_map(|(name, all)| {
            let all = all.iter();
            all.map(move |(variable, _)| format!("{name}:{variable}"))
        });
        shown.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::Origin;

    fn read<T: OptionValue>(text: &str) -> Result<T, Mismatch> {
        let origin = Origin::flag("--x");
        let cx = ValueContext {
            base: Path::new("/castle"),
            now_ms: 0,
            dialect: Dialect::Own,
            origin: &origin,
        };
        let text = format!("x = {text}");
        let table = DeTable::parse(&text).expect("a table");
        T::from_toml(table.get_ref()["x"].get_ref(), cx)
    }

    fn name(text: &str) -> PackageName {
        PackageName::parse(text).unwrap()
    }

    #[test]
    fn tables_of_packages() {
        let mut settings: PackageConfigSettings =
            read("{ Wand = { wood = 'oak', core = ['a', 'b'] } }").unwrap();
        assert_eq!(settings.show(), "wand:core=a wand:core=b wand:wood=oak");
        let lower = read("{ wand = { wood = 'elm' }, owl = { a = true } }").unwrap();
        settings.append_lower(&lower);
        assert_eq!(settings.of(&name("wand")).unwrap().0.len(), 4);
        assert_eq!(settings.of(&name("owl")).unwrap().show(), "a=true");

        let extra: ExtraBuildDependencies =
            read("{ wand = ['oak>=1', { requirement = 'elm', match-runtime = true }] }").unwrap();
        let found = extra.of(&name("wand"));
        let matched: Vec<bool> = found.iter().map(|one| one.match_runtime).collect();
        assert_eq!(matched, [false, true]);
        assert_eq!(extra.show(), "wand: oak>=1, wand: elm");
        assert!(extra.of(&name("owl")).is_empty());

        let variables: ExtraBuildVariables = read("{ wand = { KEY = 's3cret' } }").unwrap();
        assert_eq!(
            variables.of(&name("wand")),
            [("KEY".to_owned(), "s3cret".to_owned())]
        );
        assert_eq!(variables.show(), "wand:KEY");
    }

    #[test]
    fn metadata_given_by_hand() {
        let all: DependencyMetadata = read(
            "[{ name = 'Wand', version = '1.0', requires-dist = ['oak>=1'], \
             requires-python = '>=3.8', provides-extra = ['Shiny'] }, { name = 'owl' }]",
        )
        .unwrap();
        assert_eq!(all.show(), "wand==1.0 owl");
        assert_eq!(all.0[0].provides_extra[0].as_str(), "shiny");
        assert_eq!(all.0[0].requires_dist[0].to_string(), "oak>=1");
        assert!(all.0[1].version.is_none() && all.0[1].requires_dist.is_empty());
    }

    #[test]
    fn what_they_cannot_take() {
        assert!(read::<DependencyMetadata>("{ name = 'owl' }").is_err());
        assert!(read::<DependencyMetadata>("[{ version = '1' }]").is_err());
        assert!(read::<DependencyMetadata>("[{ name = 'owl', version = 'new' }]").is_err());
        assert!(read::<DependencyMetadata>("[{ name = 'owl', requires-python = '3x' }]").is_err());
        assert!(read::<ExtraBuildDependencies>("['owl']").is_err());
        assert!(read::<ExtraBuildDependencies>("{ owl = [{ match-runtime = true }] }").is_err());
        assert!(read::<ExtraBuildDependencies>("{ owl = ['not a requirement'] }").is_err());
        assert!(read::<ExtraBuildVariables>("{ owl = { 'A=B' = 'c' } }").is_err());
        assert!(read::<ExtraBuildVariables>("{ owl = { A = \"x\\u0000\" } }").is_err());
        assert!(read::<PackageConfigSettings>("{ 'not a name' = { a = 'b' } }").is_err());
    }
}
