// Package dns01 declares what Traefik says of proofs by DNS.
package dns01

import (
	"strings"
	"time"
)

// Options says which name servers to ask.
type Options struct{ RecursiveNameservers []string }

// Client would ask them.
type Client struct{}

// ChallengeOption is a rule for proofs.
type ChallengeOption func()

// NewClient returns a client that asks nobody.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions makes no rule.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return func() {} }

// DisableAuthoritativeNssPropagationRequirement makes no rule.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return func() {} }

// DisableRecursiveNSsPropagationRequirement makes no rule.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return func() {} }

// PropagationWait makes no rule.
func PropagationWait(time.Duration, bool) ChallengeOption { return func() {} }

// UnFqdn returns a name without its last dot.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
