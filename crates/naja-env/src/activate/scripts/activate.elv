# Activates this virtual environment in Elvish:
#     eval (naja activate --shell elvish | slurp)
# "deactivate" puts everything back.

var old-paths = $paths
var old-home = $nil
if (has-env VIRTUAL_ENV) {
    var bin = (get-env VIRTUAL_ENV)/@BIN@
    if (and (> (count $paths) 0) (eq $paths[0] $bin)) {
        set old-paths = $paths[1..]
    }
}
if (has-env PYTHONHOME) {
    set old-home = (get-env PYTHONHOME)
    unset-env PYTHONHOME
}
set-env VIRTUAL_ENV @ROOT@
set-env VIRTUAL_ENV_PROMPT @PROMPT@
set paths = [(get-env VIRTUAL_ENV)/@BIN@ $@old-paths]
edit:add-var deactivate~ {
    set paths = $old-paths
    if (not-eq $old-home $nil) {
        set-env PYTHONHOME $old-home
    }
    unset-env VIRTUAL_ENV
    unset-env VIRTUAL_ENV_PROMPT
    edit:del-var deactivate~
}
