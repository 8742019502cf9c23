#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ottla::base {

// A certificate as a peer showed it. The text in it is the peer's: it may hold any bytes.
struct ShownCertificate {
  std::string subject;
  std::string issuer;
  std::vector<std::string> names;          // hosts and addresses that it is for, 100 at most
  std::optional<std::int64_t> valid_from;  // seconds since 1970; none: it says no time
  std::optional<std::int64_t> valid_to;
  std::string key;  // "RSA", "EC P-256"; empty: a kind that is not known here
  int key_bits = 0;
  std::string signature;  // "ecdsa-with-SHA256"

  bool operator==(const ShownCertificate&) const = default;
};

// What a handshake showed, as far as it came, to somebody who wants to look at it.
struct TlsReport {
  bool peer_speaks_tls = false;  // something came that was of TLS
  bool complete = false;         // the handshake, as this side sees it
  std::string version;           // "TLSv1.3"; empty: none was agreed on
  std::string cipher;            // its IANA name

  std::size_t chain_size = 0;           // of what the peer sent
  std::vector<ShownCertificate> chain;  // the peer's own first; 10 at most
  std::string distrust;                 // why nobody trusted stands behind it; empty: somebody does
  bool name_matches = false;            // the first one is for the host that was asked for
  bool refused = false;                 // for this or another reason it was not accepted

  bool asks_for_certificate = false;  // the peer has asked for one of this side
};

}  // namespace ottla::base
