//! What editors are told of an environment.

use serde_json::Value;

use super::{found, healthy, ids, mended, texts};

#[test]
pub(super) fn the_setting_of_vscode() {
    let (sandbox, _index) = healthy();
    // Without a file nothing is written, unless it is asked for.
    assert!(ids(&sandbox).is_empty());
    let _well = sandbox.run(["doctor", "--fix"]).success();
    assert!(!sandbox.work().join(".vscode").exists());
    let text = "{\n  // mine\n  \"python.defaultInterpreterPath\": \"/nowhere/bin/python\", // old\n  \
                \"editor.rulers\": [80],\n}\n";
    sandbox.write(".vscode/settings.json", text);
    let _mended = mended(&sandbox, "vscode-interpreter");
    assert_eq!(
        sandbox.read(".vscode/settings.json"),
        text.replace("/nowhere/bin/python", "${workspaceFolder}/.venv/bin/python")
    );
    std::fs::remove_dir_all(sandbox.work().join(".vscode")).unwrap();
    let output = sandbox
        .run(["doctor", "--fix", "--editor", "vscode"])
        .success();
    assert!(
        output.stdout.contains("mended vscode-interpreter"),
        "{}",
        output.stdout
    );
    let written: Value = serde_json::from_str(&sandbox.read(".vscode/settings.json")).unwrap();
    assert_eq!(
        written["python.defaultInterpreterPath"],
        "${workspaceFolder}/.venv/bin/python"
    );
}

#[test]
pub(super) fn the_interpreter_of_pycharm() {
    let (sandbox, _index) = healthy();
    sandbox.write(
        ".idea/misc.xml",
        "<project version=\"4\"><component name=\"ProjectRootManager\" version=\"2\" \
         project-jdk-name=\"Python 3.12 (castle)\" project-jdk-type=\"Python SDK\" /></project>\n",
    );
    // Nothing is known of PyCharm itself.
    assert!(ids(&sandbox).is_empty());
    let table = sandbox
        .home()
        .join(".config/JetBrains/PyCharm2026.1/options/jdk.table.xml");
    std::fs::create_dir_all(table.parent().unwrap()).unwrap();
    let with = |path: &str| {
        let text = format!(
            "<jdk version=\"2\"><name value=\"Python 3.12 (castle)\" />\
             <homePath value=\"{path}\" /></jdk>"
        );
        std::fs::write(&table, text).unwrap();
    };
    with("$USER_HOME$/gone/bin/python");
    let finding = found(&sandbox, "pycharm-interpreter");
    assert!(
        texts(&finding, "why").contains("~/gone/bin/python"),
        "{finding}"
    );
    assert!(
        texts(&finding, "steps").contains("castle/.venv/bin/python"),
        "{finding}"
    );
    with(&sandbox.work().join(".venv/bin/python").to_string_lossy());
    assert!(ids(&sandbox).is_empty());
}

#[test]
pub(super) fn a_kernel_of_jupyter() {
    let (sandbox, _index) = healthy();
    let dir = sandbox.home().join(".local/share/jupyter/kernels/castle");
    std::fs::create_dir_all(&dir).unwrap();
    let kernel = |metadata: &str| {
        let text = format!(
            "{{\"argv\": [\"/nowhere/bin/python\", \"-m\", \"ipykernel_launcher\"], \
             \"display_name\": \"Castle\", \"language\": \"python\", \"metadata\": {metadata}}}"
        );
        std::fs::write(dir.join("kernel.json"), text).unwrap();
    };
    // Those of others stay.
    kernel("{}");
    let finding = found(&sandbox, "jupyter-kernel");
    assert_eq!(finding["fix"], false);
    kernel("{\"naja\": {\"environment\": \"/nowhere\"}}");
    let _mended = mended(&sandbox, "jupyter-kernel");
    assert!(!dir.exists());
}
