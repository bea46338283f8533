// Package lego declares the client by which Traefik asks an authority: there is none.
package lego

import (
	"crypto/x509"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the authority asked by default.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// Config says how to ask.
type Config struct {
	CADirURL    string
	UserAgent   string
	HTTPClient  *http.Client
	Certificate struct{ Timeout time.Duration }
}

// Client would ask.
type Client struct {
	Certificate  *certificate.Certifier
	Challenge    *Solvers
	Registration *registration.Registrar
}

// Solvers would prove domains.
type Solvers struct{}

// NewConfig returns a configuration.
func NewConfig(any) *Config { return &Config{} }

// NewClient gives no client.
func NewClient(*Config) (*Client, error) { return nil, certificate.ErrNone }

// CreateCertPool gives no authorities.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, certificate.ErrNone }

// SetDNS01Provider refuses.
func (*Solvers) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return certificate.ErrNone
}

// SetHTTP01Provider refuses.
func (*Solvers) SetHTTP01Provider(challenge.Provider, ...func()) error { return certificate.ErrNone }

// SetTLSALPN01Provider refuses.
func (*Solvers) SetTLSALPN01Provider(challenge.Provider, ...func()) error { return certificate.ErrNone }
