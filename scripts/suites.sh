# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Debian's kernel sources of other releases than this machine's; sourced by scripts/trees after common.sh.
#
# Where the packages come from is read from this machine's own package sources: the same archive has all releases. apt-get fetches and
# checks the signed lists and the packages, with a configuration, lists and a cache of its own, so nothing of the system's changes
# and no rights are needed.

# The suites that are searched, and the word that tells those of the security archive.
suites=${KRCU_SUITES:-bullseye-security bookworm bookworm-security trixie trixie-security trixie-backports sid experimental}
suitesHome=${XDG_CACHE_HOME:-$HOME/.cache}/krcu/suites

isSecurity() { case $1 in *-security) return 0 ;; *) return 1 ;; esac; }

# The package sources of the machine, one a line: URI, suite, key file (or -). Only archives that are Debian's: by what their lists say of
# themselves, or, on a machine without lists, by the name of their suite.
machineSources() {
  local codename origin release component uri key
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true)
  # Values may be missing, so each has a mark behind it; keys may be lists, or whole keys instead of files.
  # shellcheck disable=SC2016 # apt-get replaces these, not the shell
  apt-get indextargets --format '$(CREATED_BY)|$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)|$(SIGNED_BY)|' 2>/dev/null |
    while IFS='|' read -r created origin release component uri key _; do
      if [ "$created" != Packages ] || [ "$component" != main ]; then continue; fi
      case $uri in cdrom:* | '' | *' '*) continue ;; esac
      case $origin in
      Debian) ;;
      '' | '$'*)
        case $release in
        "${codename:-none}" | "${codename:-none}"-* | stable | stable-* | oldstable | oldstable-* | testing | unstable | sid) ;;
        *) continue ;;
        esac
        ;;
      *) continue ;;
      esac
      case $key in /*) ;; *) key=- ;; esac
      printf '%s %s %s\n' "$uri" "$release" "$key"
    done
}

# writeSources FILE: the sources.list of all suites whose archive is known; says which are left out and why.
writeSources() {
  local mirror='' security='' key='' uri release keys suite options left=() ring=/usr/share/keyrings/debian-archive-keyring.gpg
  while read -r uri release keys; do
    if isSecurity "$release"; then
      security=${security:-$uri}
    else
      case $release in *-*) ;; *) mirror=${mirror:-$uri} ;; esac
    fi
    if [ "$keys" != - ]; then key=$keys; fi
  done < <(machineSources)
  mirror=${KRCU_MIRROR:-$mirror} security=${KRCU_SECURITY_MIRROR:-$security}
  if [ -z "$mirror$security" ]; then
    say "the package sources of this machine name no Debian archive; KRCU_MIRROR and KRCU_SECURITY_MIRROR can name one"
    return 1
  fi
  # Debian's own keys are added to those that the machine trusts for its release, which need not be the keys of the others.
  if [ -r "$ring" ] && [ "$key" != "$ring" ]; then key=${key:+$key,}$ring; fi
  options=${key:+[signed-by=$key] }
  for suite in $suites; do
    if isSecurity "$suite"; then uri=$security; else uri=$mirror; fi
    if [ -n "$uri" ]; then
      printf 'deb %s%s %s main\n' "$options" "$uri" "$suite"
    else
      left+=("$suite")
    fi
  done >"$1"
  if [ ${#left[@]} != 0 ]; then
    if [ -z "$security" ]; then
      say "left out: ${left[*]}; the package sources of this machine name no security archive (KRCU_SECURITY_MIRROR can)"
    else
      say "left out: ${left[*]}; the package sources of this machine name only the security archive (KRCU_MIRROR can name the other)"
    fi
  fi
}

# apt-get or apt-cache on lists and a cache of our own. Hooks of the system's configuration would touch the system's files.
suitesApt() {
  local program=$1
  shift
  "$program" -c "$suitesHome/apt.conf" -q "$@"
}

writeConfiguration() {
  mkdir -p "$suitesHome/lists/partial" "$suitesHome/cache/archives/partial"
  cat >"$suitesHome/apt.conf" <<END
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
Dir::State::lists "$suitesHome/lists";
Dir::State::status "/dev/null";
Dir::Cache "$suitesHome/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "$suitesHome/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Sandbox::User "$(id -un)";
END
}

# Fetches the lists unless they are of today. False if there are none, then or from before.
updateSuites() {
  local stamp=$suitesHome/updated log=$suitesHome/update.log
  command -v apt-get >/dev/null || { say "there is no apt-get here, so only trees that are there already can be used"; return 1; }
  mkdir -p "$suitesHome"
  # One at a time; a second run waits and finds the lists made.
  exec 9>"$suitesHome/lock"
  flock 9
  writeConfiguration
  writeSources "$suitesHome/sources.new" || return 1
  if ! cmp -s "$suitesHome/sources.new" "$suitesHome/sources.list"; then rm -f "$stamp"; fi
  mv "$suitesHome/sources.new" "$suitesHome/sources.list"
  if [ -z "$(find "$stamp" -mmin -1440 2>/dev/null)" ]; then
    say "fetch the package lists of: $suites"
    # A suite that an archive lacks is an error of apt's, and no reason to do without the others.
    if suitesApt apt-get update -o APT::Update::Error-Mode=any >"$log" 2>&1; then
      touch "$stamp"
    else
      sed -n 's/^[EW]: /   /p' "$log" | cut -c 1-200 | sort -u | head -n 4 >&2
      say "not all package lists could be fetched; going on with those at hand"
    fi
    suitePackages >"$suitesHome/packages.new"
    mv "$suitesHome/packages.new" "$suitesHome/packages"
  fi
  exec 9>&-
  [ -s "$suitesHome/packages" ]
}

# The kernel sources of all suites, one a line: version, package version, suite; the newest last, release candidates before all others.
# The answer is kept in a file, for apt-cache takes seconds to give it.
suitePackages() {
  local names
  names=$(suitesApt apt-cache pkgnames linux-source-) && [ -n "$names" ] || return 0
  # shellcheck disable=SC2086 # names of packages, one word each
  suitesApt apt-cache madison $names 2>/dev/null |
    awk -F ' *[|] *' '{
      name = $1; gsub(/^ +/, "", name); sub(/^linux-source-/, "", name)
      if (name !~ /^[0-9]+([.][0-9]+)+$/) next
      split($3, source, " "); sub(/\/.*/, "", source[2])
      print ($2 ~ /~rc[0-9]/ ? 0 : 1), name, $2, source[2]
    }' | sort -k1,1n -k2,2V -k3,3V -u | cut -d ' ' -f 2-
}

# fetchPackage VERSION PACKAGE-VERSION DIRECTORY: downloads and checks the package; prints the file.
fetchPackage() {
  local file
  (cd "$3" && suitesApt apt-get download "linux-source-$1=$2") >&2 || return 1
  for file in "$3"/*.deb; do
    [ -f "$file" ] || return 1
    printf '%s\n' "$file"
    return 0
  done
}
