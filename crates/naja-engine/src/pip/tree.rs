use std::collections::BTreeMap;

use naja_env::{EnvState, Environment};
use naja_spec::{CoreMetadata, ExtraName, PackageName};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What `naja pip tree` shall show.
#[derive(Clone, Debug, Default)]
pub struct TreeRequest {
    /// How deep, counted from the roots; `None` for all the way.
    pub depth: Option<usize>,
    /// Names that are left out, with everything below them.
    pub prune: Vec<PackageName>,
    /// Shows only these as roots.
    pub packages: Vec<PackageName>,
    /// Shows a distribution's dependencies each time it appears.
    pub no_dedupe: bool,
    /// From dependencies to dependents.
    pub invert: bool,
}

/// One line of the tree, and what is below it.
#[derive(Clone, Debug, Serialize)]
pub struct TreeNode {
    /// The name.
    pub name: String,
    /// The version; `None` if it is required and not installed.
    pub version: Option<String>,
    /// The specifier of the requirement that leads here.
    pub specifier: Option<String>,
    /// Whether it is shown elsewhere with its dependencies.
    pub repeated: bool,
    /// What it requires, or who requires it.
    pub children: Vec<TreeNode>,
}

/// The installed distributions and what they require.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn tree(session: &mut Session, request: &TreeRequest) -> Result<Vec<TreeNode>, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let edges = Edges::of(&env, &state, request.invert);
    let roots: Vec<PackageName> = if request.packages.is_empty() {
        edges.roots()
    } else {
        request.packages.clone()
    };
    let mut walk = Walk {
        edges: &edges,
        state: &state,
        request,
        shown: Vec::new(),
    };
    let mut nodes = Vec::new();
    for root in roots {
        if !request.prune.contains(&root) {
            nodes.push(walk.node(&root, None, &mut Vec::new()));
        }
    }
    Ok(nodes)
}

/// Who leads to whom, with the specifier of the requirement.
struct Edges {
    from: BTreeMap<PackageName, BTreeMap<PackageName, String>>,
    invert: bool,
}

impl Edges {
    fn of(env: &Environment, state: &EnvState, invert: bool) -> Self {
        let metadata: FxHashMap<PackageName, CoreMetadata> = state
            .visible()
            .filter_map(|dist| Some((dist.name().clone(), dist.read_metadata().ok()?)))
            .collect();
        let mut edges = Self {
            from: BTreeMap::new(),
            invert,
        };
        let mut extras: BTreeMap<PackageName, Vec<ExtraName>> = BTreeMap::new();
        // An extra that somebody asks for brings requirements that may ask for
        // extras again: repeat until nothing new comes.
        while edges.round(env, &metadata, &mut extras) {}
        for name in metadata.keys() {
            edges.from.entry(name.clone()).or_default();
        }
        edges
    }

    fn round(
        &mut self,
        env: &Environment,
        metadata: &FxHashMap<PackageName, CoreMetadata>,
        extras: &mut BTreeMap<PackageName, Vec<ExtraName>>,
    ) -> bool {
        let mut changed = false;
        for (name, metadata) in metadata {
            let asked = extras.get(name).cloned().unwrap_or_default();
            for requirement in &metadata.requires_dist {
                if !requirement.applies(&env.interpreter().markers, &asked) {
                    continue;
                }
                for extra in &requirement.extras {
                    let known = extras.entry(requirement.name.clone()).or_default();
                    if !known.contains(extra) {
                        known.push(extra.clone());
                        changed = true;
                    }
                }
                let specifiers = requirement.specifiers();
                let specifier = specifiers.map(ToString::to_string).unwrap_or_default();
                let (from, to) = if self.invert {
                    (&requirement.name, name)
                } else {
                    (name, &requirement.name)
                };
                self.from
                    .entry(from.clone())
                    .or_default()
                    .insert(to.clone(), specifier);
            }
        }
        changed
    }

    /// Whoever nobody leads to; in a circle, its first by name.
    fn roots(&self) -> Vec<PackageName> {
        let targets: std::collections::BTreeSet<&PackageName> = self
            .from
            .iter()
            .flat_map(|(from, to)| to.keys().filter(move |name| *name != from))
            .collect();
        let mut roots: Vec<PackageName> = self
            .from
            .keys()
            .filter(|name| !targets.contains(name))
            .cloned()
            .collect();
        let mut reached = std::collections::BTreeSet::new();
        let mut open = roots.clone();
        loop {
            while let Some(name) = open.pop() {
                if reached.insert(name.clone()) {
                    open.extend(
                        self.from
                            .get(&name)
                            .into_iter()
                            .flat_map(|to| to.keys().cloned()),
                    );
                }
            }
            let Some(left) = self.from.keys().find(|name| !reached.contains(*name)) else {
                return roots;
            };
            roots.push(left.clone());
            open.push(left.clone());
        }
    }
}

struct Walk<'a> {
    edges: &'a Edges,
    state: &'a EnvState,
    request: &'a TreeRequest,
    shown: Vec<PackageName>,
}

impl Walk<'_> {
    fn node(
        &mut self,
        name: &PackageName,
        specifier: Option<String>,
        path: &mut Vec<PackageName>,
    ) -> TreeNode {
        let version = self
            .state
            .get(name)
            .first()
            .map(|dist| dist.version().to_string());
        let below = self.edges.from.get(name).filter(|below| !below.is_empty());
        let again = self.shown.contains(name) && !self.request.no_dedupe;
        let repeated = below.is_some() && (again || path.contains(name));
        let deep_enough = self.request.depth.is_some_and(|depth| path.len() >= depth);
        let mut children = Vec::new();
        if !repeated && !deep_enough {
            self.shown.push(name.clone());
            path.push(name.clone());
            for (child, specifier) in below.into_iter().flatten() {
                if !self.request.prune.contains(child) {
                    children.push(self.node(child, Some(specifier.clone()), path));
                }
            }
            path.pop();
        }
        TreeNode {
            name: name.to_string(),
            version,
            specifier,
            repeated,
            children,
        }
    }
}
