package main

import (
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// login is what the environment says of SASL: see ../README.md.
func login() []kgo.Opt {
	user, password := os.Getenv("OTTLA_SASL_USER"), os.Getenv("OTTLA_SASL_PASSWORD")
	var mechanism sasl.Mechanism
	switch os.Getenv("OTTLA_SASL_MECHANISM") {
	case "PLAIN":
		mechanism = plain.Auth{User: user, Pass: password}.AsMechanism()
	case "SCRAM-SHA-256":
		mechanism = scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		mechanism = scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	case "OAUTHBEARER":
		token, err := os.ReadFile(os.Getenv("OTTLA_SASL_TOKEN"))
		if err != nil {
			panic(err)
		}
		mechanism = oauth.Auth{Token: string(token)}.AsMechanism()
	default:
		return nil
	}
	return []kgo.Opt{kgo.SASL(mechanism)}
}
