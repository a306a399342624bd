//! `naja workspace metadata`: what is locked, and who needs whom, in the form that uv gives it.

use naja_testkit::{Index, IndexBuilder, Sandbox, Wheel};
use serde_json::{Value, json};

use crate::with_index;

const CASTLE: &str = r#"[project]
name = "castle"
version = "0.1.0"
requires-python = ">=3.8"
dependencies = ["tower", "owl[moon]", "errol"]

[project.optional-dependencies]
old = ["harry<2"]
new = ["harry>=3"]

[dependency-groups]
dev = ["hedwig"]

[tool.naja]
conflicts = [[{ extra = "old" }, { extra = "new" }]]

[tool.naja.workspace]
members = ["tower"]

[tool.naja.sources]
tower = { workspace = true }
"#;

const TOWER: &str = r#"[project]
name = "tower"
version = "0.2.0"
requires-python = ">=3.8"
dependencies = ["hedwig; sys_platform == 'win32'"]

[build-system]
requires = ["builder"]
build-backend = "builder"
"#;

fn scene() -> (Sandbox, Index) {
    let builder = IndexBuilder::harry()
        .wheel(&Wheel::new("owl", "1.0").extra("moon", "remus"))
        .wheel(&Wheel::new("errol", "1.0").requires_python("<3.10"))
        .wheel(
            &Wheel::new("errol", "2.0")
                .requires_python(">=3.10")
                .requires("hedwig"),
        );
    let (sandbox, index) = with_index(builder);
    sandbox.write("pyproject.toml", CASTLE);
    sandbox.write("tower/pyproject.toml", TOWER);
    (sandbox, index)
}

fn metadata(sandbox: &Sandbox) -> Value {
    let output = sandbox.run(["workspace", "metadata"]).success();
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn without_a_lock_there_is_no_graph() {
    let (sandbox, _index) = scene();
    let found = metadata(&sandbox);
    assert_eq!(found["resolution"], json!({}));
    let root = found["workspace_root"].as_str().unwrap();
    assert_eq!(found["workspace"]["id"], format!("workspace+{root}"));
    assert_eq!(
        found["members"][0]["id"],
        format!("castle==0.1.0@virtual+{root}")
    );
    assert_eq!(
        found["members"][1]["id"],
        format!("tower==0.2.0@editable+{root}/tower")
    );
}

#[test]
fn a_lock_is_shown_as_a_graph() {
    let (sandbox, index) = scene();
    let _locked = sandbox.run(["lock"]).success();
    index.forget();
    let found = metadata(&sandbox);
    assert_eq!(index.requests(), Vec::<String>::new());
    let root = found["workspace_root"].as_str().unwrap();
    let here = |name: &str| format!("{name}@virtual+{root}");
    let url = index.url();
    let url = url.trim_end_matches('/');
    let there = |name: &str| format!("{name}@registry+{url}");
    let graph = found["resolution"].as_object().unwrap();
    for member in found["members"].as_array().unwrap() {
        assert!(
            graph.contains_key(member["id"].as_str().unwrap()),
            "{member}"
        );
    }
    let needs = |id: &str| -> Vec<(String, Option<String>)> {
        let list = graph[id]["dependencies"].as_array().unwrap().iter();
        list.map(|one| {
            let marker = one["marker"].as_str().map(str::to_owned);
            (one["id"].as_str().unwrap().to_owned(), marker)
        })
        .collect()
    };
    let everywhere = |id: String| (id, None);
    let only = |id: String, marker: &str| (id, Some(marker.to_owned()));
    let tower = format!("tower==0.2.0@editable+{root}/tower");
    assert_eq!(
        needs(&here("castle==0.1.0")),
        [
            only(there("errol==1.0"), "python_full_version < '3.10'"),
            only(there("errol==2.0"), "python_full_version >= '3.10'"),
            everywhere(there("owl[moon]==1.0")),
            everywhere(tower.clone()),
        ]
    );
    assert_eq!(
        needs(&tower),
        [only(there("hedwig==2.0"), "sys_platform == 'win32'")]
    );
    assert_eq!(needs(&there("owl==1.0")), []);
    assert_eq!(
        needs(&there("owl[moon]==1.0")),
        [
            everywhere(there("owl==1.0")),
            everywhere(there("remus==1.0"))
        ]
    );
    assert_eq!(
        needs(&here("castle:dev==0.1.0")),
        [everywhere(there("hedwig==2.0"))]
    );
    // What excludes each other is in one graph.
    for (extra, harry) in [("old", "harry==1.0"), ("new", "harry==3.0")] {
        assert_eq!(
            needs(&here(&format!("castle[{extra}]==0.1.0"))),
            [everywhere(here("castle==0.1.0")), everywhere(there(harry))]
        );
    }
    let castle = &graph[&here("castle==0.1.0")];
    assert_eq!(castle["kind"], "package");
    assert_eq!(castle["source"], json!({ "virtual": root }));
    assert_eq!(
        castle["dependency_groups"],
        json!([{ "name": "dev", "id": here("castle:dev==0.1.0") }])
    );
    assert_eq!(castle["optional_dependencies"].as_array().unwrap().len(), 2);
    let owl = &graph[&there("owl==1.0")];
    assert_eq!(owl["wheels"][0]["filename"], "owl-1.0-py3-none-any.whl");
    assert_eq!(
        owl["wheels"][0]["hashes"]["sha256"].as_str().unwrap().len(),
        64
    );
    assert_eq!(
        graph[&there("owl[moon]==1.0")]["kind"],
        json!({ "extra": "moon" })
    );
    whole(graph);
}

/// Every name in a graph is that of a node.
fn whole(graph: &serde_json::Map<String, Value>) {
    for (id, node) in graph {
        for needed in node["dependencies"].as_array().unwrap() {
            let needed = needed["id"].as_str().unwrap();
            assert!(graph.contains_key(needed), "{id} needs {needed}");
        }
        assert!(id.starts_with(node["name"].as_str().unwrap()));
    }
}
