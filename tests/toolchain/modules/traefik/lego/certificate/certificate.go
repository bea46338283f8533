// Package certificate declares how Traefik asks lego for certificates: it gets none.
package certificate

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/certcrypto"
)

// ErrNone is the answer to every request.
var ErrNone = errors.New("this build of Traefik asks no authority for certificates")

// Resource is a certificate.
type Resource struct {
	ID          string
	Domains     []string
	PrivateKey  []byte
	Certificate []byte
}

// ObtainRequest says what a new certificate is for.
type ObtainRequest struct {
	Domains          []string
	Bundle           bool
	EmailAddresses   []string
	Profile          string
	PreferredChain   string
	EnableCommonName bool
	KeyType          certcrypto.KeyType
}

// RenewOptions says how to renew one.
type RenewOptions struct {
	Bundle           bool
	EmailAddresses   []string
	Profile          string
	PreferredChain   string
	EnableCommonName bool
}

// Certifier would ask the authority.
type Certifier struct{}

// Obtain gives no certificate.
func (*Certifier) Obtain(context.Context, ObtainRequest) (*Resource, error) { return nil, ErrNone }

// Renew renews none.
func (*Certifier) Renew(context.Context, Resource, *RenewOptions) (*Resource, error) { return nil, ErrNone }
