// Package registration declares how Traefik registers with an authority: it can't.
package registration

import (
	"context"
	"errors"

	"github.com/go-acme/lego/v5/acme"
)

var errNone = errors.New("this build of Traefik registers nowhere")

// RegisterOptions says what was agreed to.
type RegisterOptions struct{ TermsOfServiceAgreed bool }

// RegisterEABOptions says who vouches.
type RegisterEABOptions struct {
	TermsOfServiceAgreed bool
	Kid                  string
	HmacEncoded          string
}

// Registrar would register.
type Registrar struct{}

// Register refuses.
func (*Registrar) Register(context.Context, RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, errNone
}

// RegisterWithExternalAccountBinding refuses.
func (*Registrar) RegisterWithExternalAccountBinding(
	context.Context, RegisterEABOptions,
) (*acme.ExtendedAccount, error) {
	return nil, errNone
}
