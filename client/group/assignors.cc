#include "client/group/assignors.h"

#include <array>
#include <string>
#include <utility>

namespace ottla {

AssignorFactory range_assignor() {
  return &client::make_range_assignor;
}

AssignorFactory round_robin_assignor() {
  return &client::make_round_robin_assignor;
}

AssignorFactory sticky_assignor() {
  return &client::make_sticky_assignor;
}

AssignorFactory cooperative_sticky_assignor() {
  return &client::make_cooperative_sticky_assignor;
}

Result<AssignorFactory> assignor_by_name(std::string_view name) {
  using Named = std::pair<std::string_view, AssignorFactory (*)()>;
  static constexpr std::array known = std::to_array<Named>({
      {"range", range_assignor},
      {"roundrobin", round_robin_assignor},
      {"sticky", sticky_assignor},
      {"cooperative-sticky", cooperative_sticky_assignor},
  });
  for (const auto& [known_name, factory] : known) {
    if (known_name == name) return factory();
  }
  return Error(ErrorCode::invalid_argument,
               "there is no assignor \"" + std::string(name) +
                   "\"; known are range, roundrobin, sticky and cooperative-sticky");
}

}  // namespace ottla
