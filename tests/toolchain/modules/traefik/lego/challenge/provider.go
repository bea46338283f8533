// Package challenge declares who proves a domain to be one's own.
package challenge

import "context"

// Provider shows a proof and takes it away again.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}
