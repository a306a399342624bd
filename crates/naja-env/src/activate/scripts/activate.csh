# Activates this virtual environment in csh and tcsh. It must be sourced:
#     source path/to/activate.csh
# "deactivate" puts everything back.

alias _naja_path 'setenv PATH "$_OLD_VIRTUAL_PATH:q"; unset _OLD_VIRTUAL_PATH'
alias _naja_no_path 'unsetenv PATH; unset _OLD_VIRTUAL_NO_PATH'
alias _naja_home 'setenv PYTHONHOME "$_OLD_VIRTUAL_PYTHONHOME:q"; unset _OLD_VIRTUAL_PYTHONHOME'
alias _naja_prompt 'set prompt = "$_OLD_VIRTUAL_PROMPT:q"; unset _OLD_VIRTUAL_PROMPT'
alias _naja_forget 'unalias _naja_path; unalias _naja_no_path; unalias _naja_home; unalias _naja_prompt; unalias deactivate; unalias _naja_leave; unalias _naja_forget'
alias _naja_leave 'if ($?_OLD_VIRTUAL_PATH) eval _naja_path; if ($?_OLD_VIRTUAL_NO_PATH) eval _naja_no_path; if ($?_OLD_VIRTUAL_PYTHONHOME) eval _naja_home; if ($?_OLD_VIRTUAL_PROMPT) eval _naja_prompt; unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; rehash'
alias deactivate '_naja_leave; _naja_forget'

_naja_leave

@FIND_ROOT@
setenv VIRTUAL_ENV_PROMPT @PROMPT@

if ($?PATH) then
    set _OLD_VIRTUAL_PATH = "$PATH:q"
    if ("$PATH:q" == "") then
        setenv PATH "$VIRTUAL_ENV:q/"@BIN@
    else
        setenv PATH "$VIRTUAL_ENV:q/"@BIN@":$PATH:q"
    endif
else
    set _OLD_VIRTUAL_NO_PATH
    setenv PATH "$VIRTUAL_ENV:q/"@BIN@
endif

# It would send this environment to another standard library.
if ($?PYTHONHOME) then
    set _OLD_VIRTUAL_PYTHONHOME = "$PYTHONHOME:q"
    unsetenv PYTHONHOME
endif

set _naja_quiet
if (! $?VIRTUAL_ENV_DISABLE_PROMPT) then
    unset _naja_quiet
else
    if ("$VIRTUAL_ENV_DISABLE_PROMPT:q" == "") unset _naja_quiet
endif
if (! $?_naja_quiet) then
    if ($?prompt) then
        set _OLD_VIRTUAL_PROMPT = "$prompt:q"
        set prompt = @PROMPT_CSH@"$prompt:q"
    endif
endif
unset _naja_quiet

rehash
