# This environment may be moved: it finds itself by the command that sourced this file.
set _naja_command = ($_:q)
if ($#_naja_command < 2) then
    set _naja_command = (source '')
    foreach _naja_file (`ls -l /proc/$$/fd |& sed -n 's,^.* -> \(.*/activate\.csh\)$,\1,p'`)
        set _naja_command = (source "$_naja_file:q")
    end
    unset _naja_file
endif
if ("$_naja_command[2]" == "") then
    unset _naja_command
    echo "this shell does not tell where the environment is"
    exit 1
endif
setenv VIRTUAL_ENV "`dirname $_naja_command[2]:q`"
setenv VIRTUAL_ENV "`cd $VIRTUAL_ENV:q/.. && pwd`"
unset _naja_command
