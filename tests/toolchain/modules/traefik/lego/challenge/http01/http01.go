// Package http01 declares what Traefik says of proofs by HTTP.
package http01

import "time"

// PathPrefix is where proofs lie.
const PathPrefix = "/.well-known/acme-challenge/"

// SetDelay makes no rule.
func SetDelay(time.Duration) func() { return func() {} }
