#pragma once

#include <string>

#include "broker/handlers/services.h"
#include "broker/metrics/metrics_page.h"
#include "broker/server/server.h"

namespace ottla::broker {

// Asks every room of a running broker for its figures. On the broker's loop; costs a walk over all
// partitions, groups and transactions.
MetricsPage metrics_of(const Services& services, const Server& server);

// What the system says of this process, under the names that Prometheus's own clients use. Any
// thread; reads /proc.
void add_process_metrics(MetricsPage& page);

// A broker that serves, and what is wrong with it all the same; as JSON.
struct Health {
  bool well = false;
  std::string text;
};
Health health_of(const Services& services);

}  // namespace ottla::broker
