package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// OldestMajor is the oldest PostgreSQL that the migrations work with: views that check who asks came with it.
const OldestMajor = 15

// binaries is a folder with initdb and postgres of one major version.
type binaries struct {
	dir   string
	major int
}

// findBinaries looks in the given folder only, or in PATH and then in Debian's folders, newest
// first. A cluster that exists needs its own major version.
func findBinaries(ctx context.Context, given string, dataMajor int, a account) (binaries, error) {
	dirs := candidateDirs()
	if given != "" {
		dirs = []string{given}
	}
	return choose(ctx, dirs, given, dataMajor, a)
}

// choose takes the first of the folders whose server can be used.
func choose(ctx context.Context, dirs []string, given string, dataMajor int, a account) (binaries, error) {
	var found []binaries
	for _, dir := range dirs {
		if b, ok := inspect(ctx, dir); ok {
			found = append(found, b)
		}
	}
	switch {
	case len(found) == 0 && given != "":
		return binaries{}, fmt.Errorf("CASEWARD_PG_BIN: %s does not hold a working initdb and postgres; "+
			"name the folder that does, for example /usr/lib/postgresql/15/bin", given)
	case len(found) == 0:
		return binaries{}, fmt.Errorf("no PostgreSQL server on this machine: install it (Debian, Ubuntu: " +
			"apt-get install postgresql), or name its folder in CASEWARD_PG_BIN, or set DATABASE_URL")
	}
	var unfit error // of the first that is of the right version otherwise
	for _, b := range found {
		if dataMajor != 0 && b.major != dataMajor {
			continue
		}
		err := b.fit(a)
		if err == nil {
			return b, nil
		}
		unfit = cmp.Or(unfit, err)
	}
	if unfit != nil {
		return binaries{}, unfit
	}
	return binaries{}, fmt.Errorf("the data was made by PostgreSQL %d but only version %d was found (%s): "+
		"install postgresql-%d, or move the data with pg_upgrade", dataMajor, found[0].major, found[0].dir, dataMajor)
}

// fit says why a server cannot be used.
func (b binaries) fit(a account) error {
	switch {
	case b.major < OldestMajor:
		return fmt.Errorf("PostgreSQL %d in %s is too old: install version %d or newer", b.major, b.dir, OldestMajor)
	case !reachable(b.dir, a):
		return fmt.Errorf("user %s, which PostgreSQL runs as, may not enter %s: "+
			"install PostgreSQL where everybody may, or name such a folder in CASEWARD_PG_BIN", a.name, b.dir)
	}
	return nil
}

// candidateDirs follows the links of PATH, because initdb finds its share folder from where it
// really lies.
func candidateDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if file, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	// The pattern is well formed, so Glob has no error to give.
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(debian, func(a, b string) int { return cmp.Compare(debianMajor(b), debianMajor(a)) })
	return append(dirs, debian...)
}

func debianMajor(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0
	}
	return n
}

// inspect reports the version of a folder that holds both programs.
func inspect(ctx context.Context, dir string) (binaries, bool) {
	file, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return binaries{}, false
	}
	if file, err = filepath.Abs(file); err != nil {
		return binaries{}, false
	}
	if _, err := exec.LookPath(filepath.Join(filepath.Dir(file), "initdb")); err != nil {
		return binaries{}, false
	}
	out, err := exec.CommandContext(ctx, file, "--version").Output()
	if err != nil {
		return binaries{}, false
	}
	m := regexp.MustCompile(`\(PostgreSQL\) (\d+)`).FindSubmatch(out)
	if m == nil {
		return binaries{}, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return binaries{dir: filepath.Dir(file), major: major}, err == nil
}
