#pragma once

#include <memory>

#include "base/lifetime.h"
#include "broker/handlers/services.h"
#include "broker/server/connection.h"
#include "broker/server/fault_injector.h"
#include "broker/server/server.h"

namespace ottla::broker {

// From a frame to its handler: reads the header, checks API and version, decodes, and calls what
// the table says. On the route between Connection and the handlers; one loop.
//
// What cannot be answered closes the connection, as in Kafka: an API or version that is not served,
// a body that does not decode, what comes before the client has logged in where it must. The one
// exception is ApiVersions, the question about versions.
class Dispatcher final : public FrameHandler {
 public:
  // Has `services` announce no API that is known here but has no handler.
  explicit Dispatcher(Services& services);

  void on_frame(const std::shared_ptr<Connection>& connection, Frame frame, Reply reply) override;

  base::Duration delay_connection(const std::string& host) override;

  // What tests ask to go wrong.
  FaultInjector& faults() { return faults_; }

 private:
  void dispatch(RequestContext context, BytesView body, Reply reply);
  void dispatch_with(const Fault& fault, RequestContext context, BytesView body, Reply reply);

  Services& services_;
  FaultInjector faults_;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
