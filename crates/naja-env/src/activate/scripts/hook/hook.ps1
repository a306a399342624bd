# naja switches environments when the directory changes. To have it in every PowerShell:
#     naja hook pwsh | Out-String | Invoke-Expression        in $PROFILE
# At a prompt in the same directory this compares a few words and starts nothing.

$global:_Naja = @{
    Program = @PROGRAM@
    Pwd = ''; Env = "$env:VIRTUAL_ENV"; Root = ''; Muted = ''; Told = @{}
    Present = @(); Absent = @(); Home = $null
}
if (-not (Test-Path -LiteralPath $global:_Naja.Program)) {
    $global:_Naja.Program = (Get-Command naja -CommandType Application -ErrorAction SilentlyContinue |
        Select-Object -First 1).Source
}

# Takes out what was put in, and leaves alone what others changed meanwhile.
function global:_naja_leave {
    $state = $global:_Naja
    $separator = [System.IO.Path]::PathSeparator
    $bin = Join-Path $state.Root @BIN@
    $seen = $false
    $rest = @("$env:PATH".Split($separator) | Where-Object {
        if (-not $seen -and $_ -eq $bin) { $seen = $true; $false } else { $true }
    })
    $env:PATH = $rest -join $separator
    if ($null -ne $state.Home) {
        $env:PYTHONHOME = $state.Home
        $state.Home = $null
    }
    foreach ($name in 'VIRTUAL_ENV', 'VIRTUAL_ENV_PROMPT', 'NAJA_HOOK_ENV') {
        Remove-Item "Env:$name" -ErrorAction SilentlyContinue
    }
    Remove-Item function:deactivate -ErrorAction SilentlyContinue
    $state.Root = ''
}

function global:_naja_enter([string] $Root, [string] $Name) {
    $state = $global:_Naja
    $state.Root = $Root
    $bin = Join-Path $Root @BIN@
    $env:PATH = if ($env:PATH) { $bin + [System.IO.Path]::PathSeparator + $env:PATH } else { $bin }
    $env:VIRTUAL_ENV = $Root
    $env:VIRTUAL_ENV_PROMPT = $Name
    $env:NAJA_HOOK_ENV = $Root
    if (Test-Path Env:PYTHONHOME) {
        $state.Home = $env:PYTHONHOME
        Remove-Item Env:PYTHONHOME
    }
    function global:deactivate([switch] $NonDestructive) {
        $global:_Naja.Muted = $global:_Naja.Root
        _naja_leave
        $global:_Naja.Env = ''
    }
}

# Asks naja what belongs to this directory. Without an answer everything stays.
function global:_naja_look {
    $state = $global:_Naja
    $state.Pwd = "$PWD"
    $state.Present = @()
    $state.Absent = @()
    if (-not $state.Program) { return }
    # Empty words would be lost on their way to a program.
    $root = if ($state.Root) { $state.Root } else { '-' }
    $muted = if ($state.Muted) { $state.Muted } else { '-' }
    try {
        $step = & $state.Program hook-env pwsh $root $muted | ConvertFrom-Json
    } catch {
        return
    }
    if ($null -eq $step) { return }
    if ($step.leave) { _naja_leave }
    if ($step.enter) { _naja_enter $step.enter.root $step.enter.name }
    if ($step.unmute) { $state.Muted = '' }
    if ($step.tell -and -not $state.Told.ContainsKey($step.tell.about)) {
        $state.Told[$step.tell.about] = $true
        [Console]::Error.WriteLine('naja: ' + $step.tell.text)
    }
    $state.Present = @($step.present)
    $state.Absent = @($step.absent)
    $state.Env = "$env:VIRTUAL_ENV"
}

function global:_naja_hook {
    $state = $global:_Naja
    $active = "$env:VIRTUAL_ENV"
    if ($active -ne $state.Env) {
        # Someone else activated or deactivated: that stays until another environment is near.
        if ($active) { $state.Muted = $active } elseif ($state.Root) { $state.Muted = $state.Root }
        if ($active -ne $state.Root) {
            $state.Root = ''
            Remove-Item Env:NAJA_HOOK_ENV -ErrorAction SilentlyContinue
        }
        $state.Env = $active
        $state.Pwd = ''
    }
    $same = $state.Pwd -eq "$PWD"
    foreach ($path in $state.Present) { $same = $same -and (Test-Path -LiteralPath $path) }
    foreach ($path in $state.Absent) { $same = $same -and -not (Test-Path -LiteralPath $path) }
    if (-not $same) { _naja_look }
}

# A shell inside of one with the hook inherits the environment: this one looks for itself.
if ($env:NAJA_HOOK_ENV -and $env:NAJA_HOOK_ENV -eq $env:VIRTUAL_ENV) {
    $global:_Naja.Root = $env:VIRTUAL_ENV
    _naja_leave
    $global:_Naja.Env = ''
}

if (-not (Test-Path function:_naja_prompt_before)) {
    function global:_naja_prompt_before { '' }
    Copy-Item -Path function:prompt -Destination function:_naja_prompt_before
    function global:prompt {
        $code = $global:LASTEXITCODE
        _naja_hook
        $global:LASTEXITCODE = $code
        if ($global:_Naja.Root -and -not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
            Write-Host ('(' + $env:VIRTUAL_ENV_PROMPT + ') ') -NoNewline -ForegroundColor Green
        }
        _naja_prompt_before
    }
}
