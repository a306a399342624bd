//! Tables that say how single packages are built, and what they require without being built.

use naja_spec::{ExtraName, PackageName, Requirement, Version, VersionSpecifiers};
use toml::de::{DeTable, DeValue};

use super::lists::{ConfigSettings, PackageValue, Pairs, text_of_scalar};
use super::value::{Mismatch, OptionValue, ValueContext, article};

/// Settings for the build backends of single packages (`PACKAGE:KEY=VALUE`).
pub type PackageConfigSettings = Pairs<ConfigSettings>;

impl PackageValue for ConfigSettings {
    const TABLE: &'static str = "a table of packages, or PACKAGE:KEY=VALUE";

    fn from_part(part: &str, _: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch> {
        let wrong = || Mismatch::quoted(Self::TABLE, part);
        let (name, pair) = part.split_once(':').ok_or_else(wrong)?;
        let name = PackageName::parse(name.trim()).map_err(|_| wrong())?;
        let (key, value) = pair.split_once('=').ok_or_else(wrong)?;
        Ok((name, Self(vec![(key.to_owned(), value.to_owned())])))
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        Self::from_toml(value, cx)
    }

    fn join_lower(&mut self, lower: &Self) {
        self.append_lower(lower);
    }

    fn show_of(&self, name: &PackageName) -> String {
        let pairs = self.0.iter();
        let shown: Vec<String> = pairs
            .map(|(key, value)| format!("{name}:{key}={value}"))
            .collect();
        shown.join(Self::BETWEEN)
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

/// `extra-build-dependencies`: what packages need to be built and do not say.
pub type ExtraBuildDependencies = Pairs<Vec<ExtraBuildDependency>>;

/// One requirement that is added to those of a package's build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraBuildDependency {
    /// The requirement.
    pub requirement: Requirement,
    /// Whether it has to be of the version that is chosen for the environment itself.
    pub match_runtime: bool,
}

impl ExtraBuildDependency {
    fn from_item(item: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let DeValue::Table(table) = item else {
            return Ok(Self {
                requirement: Requirement::from_toml(item, cx)?,
                match_runtime: false,
            });
        };
        let requirement = table
            .get("requirement")
            .ok_or_else(|| Mismatch::new("a table with `requirement`", "none"))?;
        let switch = table.get("match-runtime");
        let switch = switch.map(|switch| bool::from_toml(switch.get_ref(), cx));
        Ok(Self {
            requirement: Requirement::from_toml(requirement.get_ref(), cx)?,
            match_runtime: switch.transpose()?.unwrap_or(false),
        })
    }
}

impl PackageValue for Vec<ExtraBuildDependency> {
    const TABLE: &'static str = "a table of packages, each a list of requirements";
    const BETWEEN: &'static str = ", ";

    fn from_part(part: &str, _: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch> {
        Err(Mismatch::quoted(Self::TABLE, part))
    }

    fn from_item(value: &DeValue<'_>, cx: ValueContext<'_>) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::new(Self::TABLE, article(value.type_str()));
        let items = value.as_array().ok_or_else(wrong)?.iter();
        items
            .map(|item| ExtraBuildDependency::from_item(item.get_ref(), cx))
            .collect()
    }

    fn show_of(&self, name: &PackageName) -> String {
        let shown: Vec<String> = self
            .iter()
            .map(|one| format!("{name}: {}", one.requirement))
            .collect();
        shown.join(Self::BETWEEN)
    }
}

/// `extra-build-variables`: variables that are set while a package is built.
pub type ExtraBuildVariables = Pairs<Vec<(String, String)>>;

impl PackageValue for Vec<(String, String)> {
    const TABLE: &'static str = "a table of packages, each a table of variables";

    fn from_part(part: &str, _: ValueContext<'_>) -> Result<(PackageName, Self), Mismatch> {
        Err(Mismatch::quoted(Self::TABLE, part))
    }

    fn from_item(value: &DeValue<'_>, _: ValueContext<'_>) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::new(Self::TABLE, article(value.type_str()));
        let table = value.as_table().ok_or_else(wrong)?;
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
    }

    fn show_of(&self, name: &PackageName) -> String {
        // The values may be secrets.
        let shown: Vec<String> = self
            .iter()
            .map(|(variable, _)| format!("{name}:{variable}"))
            .collect();
        shown.join(Self::BETWEEN)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::Origin;
    use crate::settings::value::Dialect;

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
        let found = extra.of(&name("wand")).unwrap();
        let matched: Vec<bool> = found.iter().map(|one| one.match_runtime).collect();
        assert_eq!(matched, [false, true]);
        assert_eq!(extra.show(), "wand: oak>=1, wand: elm");
        assert!(extra.of(&name("owl")).is_none());

        let variables: ExtraBuildVariables = read("{ wand = { KEY = 's3cret' } }").unwrap();
        assert_eq!(
            *variables.of(&name("wand")).unwrap(),
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
