# This environment may be moved. csh does not tell the name of this file, but has it open.
set _naja_self = ""
if (-d /proc/$$/fd) then
    set _naja_self = "`readlink /proc/$$/fd/* |& grep -F /activate.csh | tail -n 1`"
endif
if ("$_naja_self:q" == "") then
    if (-e @ROOT@/@BIN@/activate.csh) set _naja_self = @ROOT@/@BIN@/activate.csh
endif
if ("$_naja_self:q" == "") then
    unset _naja_self
    echo "csh does not tell where the environment is on this system: use another shell"
    exit 1
endif
set _naja_self = "$_naja_self:h"
setenv VIRTUAL_ENV "$_naja_self:h"
unset _naja_self
