// Package log declares where lego would log.
package log

import "log/slog"

// SetDefault does nothing: nothing is logged.
func SetDefault(*slog.Logger) {}
