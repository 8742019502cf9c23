package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
)

// security is what the environment says of TLS: see ../README.md.
func security() []kgo.Opt {
	authority, own := os.Getenv("OTTLA_TLS_CA"), os.Getenv("OTTLA_TLS_KEY")
	if authority == "" {
		return nil
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		fail(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(pem)
	if own != "" {
		pair, err := tls.LoadX509KeyPair(own, own)
		if err != nil {
			fail(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return []kgo.Opt{kgo.DialTLSConfig(config)}
}
