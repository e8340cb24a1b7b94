// Package sheet guards what goes into files for programs for tables, which calculate cells that begin like a formula.
package sheet

import "strings"

// formula are the signs with which a cell begins that programs for tables calculate instead of showing.
const formula = "=+-@\t\r"

// Guard makes a cell a text for programs for tables, whatever somebody has called themselves.
func Guard(cell string) string {
	if cell != "" && strings.IndexByte(formula, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// Unguard undoes Guard, so that what was exported can be imported.
func Unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte(formula, cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}
