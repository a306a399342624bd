# naja switches environments when the directory changes. To have it in every Elvish:
#     eval (naja hook elvish | slurp)        in ~/.config/elvish/rc.elv
# At a prompt in the same directory this compares a few words and starts nothing.

var program = @PROGRAM@
if (not (has-external $program)) {
    set program = ''
    try { set program = (search-external naja) } catch { nop }
}
var root = ''
var muted = ''
var told = [&]
var here = ''
var home = $nil
fn active { if (has-env VIRTUAL_ENV) { get-env VIRTUAL_ENV } else { put '' } }
var seen = (active)
var present = []
var absent = []

# How a file is looked for depends on the version of Elvish.
var there~ = $nil
try {
    eval &on-end={|ns| set there~ = $ns[there~] } ^
        'use os; fn there {|file| os:exists &follow-symlink=$true $file }'
} catch {
    try {
        eval &on-end={|ns| set there~ = $ns[there~] } ^
            'use path; fn there {|file| or (path:is-regular &follow-symlink=$true $file) (path:is-dir $file) }'
    } catch { nop }
}

fn changed {
    if (not-eq $here $pwd) { put $true; return }
    if (eq $there~ $nil) { put $false; return }
    for file $present { if (not (there $file)) { put $true; return } }
    for file $absent { if (there $file) { put $true; return } }
    put $false
}

fn leave {
    var bin = $root/bin
    var before = []
    var gone = $false
    for path $paths {
        if (and (not $gone) (eq $path $bin)) {
            set gone = $true
        } else {
            set before = [$@before $path]
        }
    }
    set paths = $before
    if (not-eq $home $nil) {
        set-env PYTHONHOME $home
        set home = $nil
    }
    for name [VIRTUAL_ENV VIRTUAL_ENV_PROMPT NAJA_HOOK_ENV] { unset-env $name }
    set root = ''
}

fn enter {|new name|
    set root = $new
    set paths = [$new/bin $@paths]
    set-env VIRTUAL_ENV $new
    set-env VIRTUAL_ENV_PROMPT $name
    set-env NAJA_HOOK_ENV $new
    if (has-env PYTHONHOME) {
        set home = (get-env PYTHONHOME)
        unset-env PYTHONHOME
    }
}

# Asks naja what belongs to this directory. Without an answer everything stays.
fn look {
    set here = $pwd
    set present = []
    set absent = []
    if (eq $program '') { return }
    try {
        var step = ((external $program) hook-env elvish $root $muted | from-json)
        if $step[leave] { leave }
        if (not-eq $step[enter] $nil) { enter $step[enter][root] $step[enter][name] }
        if $step[unmute] { set muted = '' }
        set present = $step[present]
        set absent = $step[absent]
        var tell = $step[tell]
        if (not-eq $tell $nil) {
            if (not (has-key $told $tell[about])) {
                set told[$tell[about]] = $true
                echo 'naja: '$tell[text] >&2
            }
        }
    } catch { nop }
    set seen = (active)
}

fn hook {
    if (not-eq (active) $seen) {
        # Someone else activated or deactivated: that stays until another environment is near.
        if (not-eq (active) '') {
            set muted = (active)
        } elif (not-eq $root '') {
            set muted = $root
        }
        if (not-eq (active) $root) {
            set root = ''
            unset-env NAJA_HOOK_ENV
        }
        set seen = (active)
        set here = ''
    }
    if (changed) { look }
}

fn deactivate {
    if (not-eq $root '') {
        set muted = $root
        leave
        set seen = ''
    }
}

# A shell inside of one with the hook inherits the environment: this one looks for itself.
if (and (has-env NAJA_HOOK_ENV) (has-env VIRTUAL_ENV)) {
    if (eq (get-env NAJA_HOOK_ENV) (active)) {
        set root = (active)
        leave
        set seen = ''
    }
}
var old-prompt = $edit:prompt
set edit:prompt = {
    if (and (not-eq $root '') (not (has-env VIRTUAL_ENV_DISABLE_PROMPT))) {
        put '('(get-env VIRTUAL_ENV_PROMPT)') '
    }
    $old-prompt
}
edit:add-var deactivate~ $deactivate~
set edit:before-readline = [$hook~ $@edit:before-readline]
