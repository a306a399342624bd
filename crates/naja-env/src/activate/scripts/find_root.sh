# This environment may be moved: it finds itself by the name of this file.
_naja_self=
if [ -n "${BASH_VERSION-}" ]; then
    _naja_self=${BASH_SOURCE-}
elif [ -n "${ZSH_VERSION-}" ]; then
    eval '_naja_self=${(%):-%x}'
else
    case "${KSH_VERSION-}" in
        Version*) eval '_naja_self=${.sh.file-}' ;;
    esac
fi
if [ -z "$_naja_self" ] && [ -d /proc/self/fd ]; then
    # Other shells do not tell, but have this file open; a subshell has another number.
    for _naja_pid in "$$" "$(exec sh -c 'echo "$PPID"')"; do
        for _naja_fd in "/proc/$_naja_pid/fd"/*; do
            _naja_file=$(readlink "$_naja_fd") || _naja_file=
            case "$_naja_file" in
                */@BIN@/activate) _naja_self=$_naja_file ;;
            esac
        done
    done
    unset _naja_pid _naja_fd _naja_file
fi
if [ -z "$_naja_self" ] && [ -e @ROOT@/@BIN@/activate ]; then
    _naja_self=@ROOT@/@BIN@/activate
fi
case "$_naja_self" in
    */*) VIRTUAL_ENV=$(CDPATH= cd -- "${_naja_self%/*}/.." > /dev/null && pwd && echo .) ;;
    ?*) VIRTUAL_ENV=$(CDPATH= cd -- .. > /dev/null && pwd && echo .) ;;
    *)
        unset _naja_self
        unset -f deactivate
        echo "this shell does not tell where the environment is: use bash or zsh" >&2
        return 1
        ;;
esac
unset _naja_self
VIRTUAL_ENV=${VIRTUAL_ENV%??}
