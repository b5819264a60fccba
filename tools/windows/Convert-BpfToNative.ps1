# SPDX-License-Identifier: MIT
<#
.SYNOPSIS
    Makes a native image, a driver or a DLL, of an eBPF object file.
.DESCRIPTION
    The parameters of eBPF for Windows' script of this name. The work is done by convert-bpf-to-native.exe and oriel.exe;
    neither Visual Studio nor the driver kit is needed, but clang and lld are.
.EXAMPLE
    .\Convert-BpfToNative.ps1 -FileName bindmonitor.o -OutDir x64\Release
#>
param(
    [Parameter(Mandatory = $true, Position = 0)] [string] $FileName,
    [string] $Type = "",
    [string] $IncludeDir = "",
    [string] $BinDir = "",
    [string] $OutDir = "",
    [ValidateSet("x64", "ARM64")] [string] $Platform = "x64",
    [ValidateSet("Release", "NativeOnlyRelease", "Debug", "NativeOnlyDebug", "FuzzerDebug")]
    [string] $Configuration = "Release",
    [bool] $KernelMode = $true,
    [string] $ResourceFile = "",
    [string] $SpdFile = "",
    [switch] $Unsigned
)

$ErrorActionPreference = "Stop"

# The programs are in -BinDir, beside this script as a release has them, or in the PATH.
$Program = "convert-bpf-to-native.exe"
foreach ($Folder in @($BinDir, $PSScriptRoot, (Join-Path $PSScriptRoot "..\bin"))) {
    if ($Folder -and (Test-Path (Join-Path $Folder "convert-bpf-to-native.exe"))) {
        $Program = Join-Path $Folder "convert-bpf-to-native.exe"
        break
    }
}

$Arguments = @("-FileName", $FileName, "-Platform", $Platform, "-Configuration", $Configuration)
$Arguments += @("-KernelMode", $(if ($KernelMode) { "true" } else { "false" }))
foreach ($Name in "Type", "IncludeDir", "BinDir", "OutDir", "ResourceFile", "SpdFile") {
    $Value = (Get-Variable $Name).Value
    if ($Value) { $Arguments += @("-$Name", $Value) }
}
if ($Unsigned) { $Arguments += "-Unsigned" }

& $Program @Arguments
if ($LASTEXITCODE -ne 0) { throw "$Program failed with exit code $LASTEXITCODE" }
