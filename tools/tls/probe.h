#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/net/tls.h"
#include "base/net/tls_report.h"
#include "base/runtime.h"
#include "base/transport.h"
#include "ottla/error.h"

namespace ottla::tools {

struct ProbeRequest {
  base::Endpoint target;
  std::string host;                             // whose certificate it is to be
  std::shared_ptr<const base::TlsContext> tls;  // none: without TLS
  std::chrono::milliseconds timeout{};          // for the name, and for each address
};

struct Probed {
  std::string address;  // who took the connection; empty: nobody
  base::TlsReport report;
  std::optional<Error> error;  // why no Kafka broker answered; none: one did
};

// Connects as a client does and asks what every broker answers to everybody, ApiVersions. (sleeps)
Probed probe(base::Runtime& runtime, const ProbeRequest& request);

}  // namespace ottla::tools
