# Activates this virtual environment in PowerShell. It must be dot-sourced:
#     . path/to/activate.ps1
# "deactivate" puts everything back.

$script:NajaRoot = @ROOT@
$script:NajaPrompt = @PROMPT@

# Leaves whatever is active, also environments of other tools.
if (Test-Path function:deactivate) {
    deactivate -NonDestructive
}

function global:deactivate([switch] $NonDestructive) {
    if (Test-Path variable:_NAJA_OLD_PATH) {
        if ($null -eq $global:_NAJA_OLD_PATH) {
            Remove-Item Env:PATH -ErrorAction SilentlyContinue
        } else {
            $env:PATH = $global:_NAJA_OLD_PATH
        }
        Remove-Variable _NAJA_OLD_PATH -Scope global
    }
    if (Test-Path variable:_NAJA_OLD_PYTHONHOME) {
        $env:PYTHONHOME = $global:_NAJA_OLD_PYTHONHOME
        Remove-Variable _NAJA_OLD_PYTHONHOME -Scope global
    }
    if (Test-Path function:_naja_old_prompt) {
        Copy-Item -Path function:_naja_old_prompt -Destination function:prompt
        Remove-Item function:_naja_old_prompt
    }
    Remove-Item Env:VIRTUAL_ENV -ErrorAction SilentlyContinue
    Remove-Item Env:VIRTUAL_ENV_PROMPT -ErrorAction SilentlyContinue
    if (-not $NonDestructive) {
        Remove-Item function:deactivate
    }
}

$env:VIRTUAL_ENV = $script:NajaRoot
$env:VIRTUAL_ENV_PROMPT = $script:NajaPrompt

$global:_NAJA_OLD_PATH = $env:PATH
$script:NajaBin = Join-Path $env:VIRTUAL_ENV @BIN@
if ($env:PATH) {
    $env:PATH = $script:NajaBin + [System.IO.Path]::PathSeparator + $env:PATH
} else {
    $env:PATH = $script:NajaBin
}

# It would send this environment to another standard library.
if (Test-Path Env:PYTHONHOME) {
    $global:_NAJA_OLD_PYTHONHOME = $env:PYTHONHOME
    Remove-Item Env:PYTHONHOME
}

if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
    function global:_naja_old_prompt { '' }
    Copy-Item -Path function:prompt -Destination function:_naja_old_prompt
    function global:prompt {
        Write-Host ('(' + $env:VIRTUAL_ENV_PROMPT + ') ') -NoNewline -ForegroundColor Green
        _naja_old_prompt
    }
}
