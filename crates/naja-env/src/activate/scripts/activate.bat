@echo off
rem Activates this virtual environment in cmd.exe; deactivate.bat puts everything back.
for /f "tokens=2 delims=:." %%a in ('"%SystemRoot%\System32\chcp.com"') do set "_NAJA_CODEPAGE=%%a"
if defined _NAJA_CODEPAGE "%SystemRoot%\System32\chcp.com" 65001 >nul

if defined VIRTUAL_ENV if defined _OLD_VIRTUAL_PATH call "%~dp0deactivate.bat"

set "VIRTUAL_ENV=@ROOT@"
set "VIRTUAL_ENV_PROMPT=@PROMPT@"

if defined PYTHONHOME set "_OLD_VIRTUAL_PYTHONHOME=%PYTHONHOME%"
set PYTHONHOME=

if not defined PROMPT set "PROMPT=$P$G"
set "_OLD_VIRTUAL_PROMPT=%PROMPT%"
if not defined VIRTUAL_ENV_DISABLE_PROMPT set "PROMPT=(@PROMPT_CMD@) %PROMPT%"

set "_OLD_VIRTUAL_PATH=%PATH%"
set "PATH=%VIRTUAL_ENV%\@BIN@;%PATH%"

if defined _NAJA_CODEPAGE "%SystemRoot%\System32\chcp.com" %_NAJA_CODEPAGE% >nul
set _NAJA_CODEPAGE=
