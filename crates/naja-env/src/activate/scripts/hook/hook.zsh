# naja switches environments when the directory changes. To have it in every zsh:
#     eval "$(naja hook zsh)"        in ~/.zshrc
# At a prompt in the same directory this compares a few words and starts nothing.

typeset -g _naja_program=@PROGRAM@
if [[ ! -x $_naja_program ]]; then
    _naja_program=$(builtin whence -p naja) || _naja_program=
fi
typeset -g _naja_root= _naja_muted= _naja_text= _naja_told= _naja_pwd= _naja_env=${VIRTUAL_ENV-}
_naja_same() { false }

_naja_hook() {
    [[ "${VIRTUAL_ENV-}" == "$_naja_env" ]] || _naja_mind
    _naja_same || _naja_look
}

# Asks naja what belongs to this directory. Without an answer everything stays.
_naja_look() {
    emulate -L zsh
    local answer
    _naja_pwd=$PWD
    _naja_same() { [[ "$PWD" == "$_naja_pwd" ]] }
    [[ -n $_naja_program ]] || return 0
    answer=$("$_naja_program" hook-env zsh "$_naja_root" "$_naja_muted") || return 0
    eval "$answer"
    _naja_env=${VIRTUAL_ENV-}
}

# Someone else activated or deactivated: that stays until another environment is near.
_naja_mind() {
    emulate -L zsh
    _naja_muted=${VIRTUAL_ENV:-${_naja_root:-$_naja_muted}}
    [[ "${VIRTUAL_ENV-}" == "$_naja_root" ]] || _naja_forget
    _naja_env=${VIRTUAL_ENV-} _naja_pwd=
}

_naja_forget() {
    _naja_root= _naja_text=
    unset NAJA_HOOK_ENV
}

_naja_enter() {
    _naja_root=$1
    if [[ -n ${PATH+set} ]]; then
        typeset -g _OLD_VIRTUAL_PATH=$PATH
    fi
    export PATH="$1/bin${PATH:+:$PATH}"
    export VIRTUAL_ENV=$1 VIRTUAL_ENV_PROMPT=$2 NAJA_HOOK_ENV=$1
    if [[ -n ${PYTHONHOME+set} ]]; then
        typeset -g _OLD_VIRTUAL_PYTHONHOME=$PYTHONHOME
        unset PYTHONHOME
    fi
    if [[ -z ${VIRTUAL_ENV_DISABLE_PROMPT-} && -n ${PS1+set} ]]; then
        typeset -g _OLD_VIRTUAL_PS1=$PS1
        _naja_text=$3
        PS1=$3$PS1
    fi
    deactivate() {
        emulate -L zsh
        _naja_muted=$_naja_root
        _naja_leave
        _naja_env=
    }
    rehash
}

# Takes out what was put in, and leaves alone what others changed meanwhile.
_naja_leave() {
    local bin=$_naja_root/bin around
    if [[ "${PATH-}" == "$bin${_OLD_VIRTUAL_PATH:+:$_OLD_VIRTUAL_PATH}" ]]; then
        if [[ -n ${_OLD_VIRTUAL_PATH+set} ]]; then
            PATH=$_OLD_VIRTUAL_PATH
        else
            unset PATH
        fi
    elif [[ ":${PATH-}:" == *":$bin:"* ]]; then
        around=:$PATH:
        around=${around%%":$bin:"*}:${around#*":$bin:"}
        around=${around#:}
        PATH=${around%:}
    fi
    if [[ -n ${_OLD_VIRTUAL_PYTHONHOME+set} ]]; then
        export PYTHONHOME=$_OLD_VIRTUAL_PYTHONHOME
    fi
    if [[ -n $_naja_text && "${PS1-}" == "$_naja_text"* ]]; then
        PS1=${PS1#"$_naja_text"}
    fi
    unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PYTHONHOME _OLD_VIRTUAL_PS1
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    unset -f deactivate
    _naja_forget
    rehash
}

# Says something once for each directory.
_naja_tell() {
    [[ "$_naja_told" == *"|$1|"* ]] && return
    _naja_told+="|$1|"
    printf 'naja: %s\n' "$2" >&2
}

# A shell inside of one with the hook inherits the environment: this one looks for itself.
if [[ -n ${NAJA_HOOK_ENV-} && "${VIRTUAL_ENV-}" == "$NAJA_HOOK_ENV" && -z ${_OLD_VIRTUAL_PATH+set} ]]; then
    _naja_root=$VIRTUAL_ENV
    deactivate() { }
    _naja_leave
fi
unset NAJA_HOOK_ENV
_naja_env=${VIRTUAL_ENV-}

typeset -ga precmd_functions
precmd_functions=(_naja_hook ${precmd_functions:#_naja_hook})
