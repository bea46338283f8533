// Package acme declares what Traefik names of lego's accounts.
package acme

// Account is what an authority knows of an account.
type Account struct{}

// ExtendedAccount is an account, and where it is.
type ExtendedAccount struct {
	Account
	Location string `json:"-"`
}
