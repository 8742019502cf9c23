#pragma once

#include <memory>

#include "client/session/session_core.h"
#include "client/tenancy.h"

namespace ottla::client {

class SessionHandle final : public Tenancy<SessionCore> {
 public:
  using Tenancy::Tenancy;
  ~SessionHandle() {
    if (!forked()) core().producer().executor()->detach();
  }
};

// A session on a runtime that others use too. Errors: as TransactSession::open.
Result<TransactSession> open_session(const TransactSessionConfig& config,
                                     std::shared_ptr<base::Runtime> runtime);

}  // namespace ottla::client
