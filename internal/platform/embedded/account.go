package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system user that PostgreSQL runs as. It refuses to run as root.
type account struct {
	name     string
	uid, gid uint32
	drop     bool // the program is root and must change to it
}

// chooseAccount is the program's own user; for root, the owner of the data that exists, else
// postgres, else nobody.
func chooseAccount(h *home) (account, error) {
	owner, owned := h.dataOwner()
	if uid := os.Geteuid(); uid != 0 {
		self := account{name: userName(uint32(uid)), uid: uint32(uid), gid: uint32(os.Getegid())}
		if owned && owner.uid != self.uid {
			return account{}, fmt.Errorf("the data in %s belongs to user %s: run as that user or as root, "+
				"or set CASEWARD_DATA_DIR to another folder", h.path, owner.name)
		}
		return self, nil
	}
	if owned && owner.uid != 0 {
		owner.drop = true
		return owner, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{name: name, uid: uint32(uid), gid: uint32(gid), drop: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody: " +
		"run Caseward as an ordinary user, or set DATABASE_URL")
}

// userName names a user for messages; the number will do where there is no name.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

func ownerOf(info fs.FileInfo) (account, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return account{}, false
	}
	return account{name: userName(st.Uid), uid: st.Uid, gid: st.Gid}, true
}

// reachable reports whether the account may walk down to the folder. It reads the mode bits; that
// is wrong only where access lists say otherwise.
func reachable(dir string, a account) bool {
	if !a.drop {
		return true
	}
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || !mayEnter(info, a) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func mayEnter(info fs.FileInfo, a account) bool {
	owner, ok := ownerOf(info)
	mode := info.Mode().Perm()
	switch {
	case !ok:
		return false
	case owner.uid == a.uid:
		return mode&0o100 != 0
	case owner.gid == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
