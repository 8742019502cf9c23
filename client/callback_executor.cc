#include "client/callback_executor.h"

#include <string>
#include <utility>

namespace ottla::client {

void CallbackExecutor::run(std::unique_ptr<detail::Waiter> waiter) {
  run(base::Task([waiter = std::move(waiter)] { waiter->run(); }));
}

void CallbackExecutor::run(base::Task callback) {
  unfinished_.fetch_add(1);
  auto guarded = [self = shared_from_this(), callback = std::move(callback)]() mutable {
    call_guarded(callback, self->log_);
    callback = {};
    self->unfinished_.fetch_sub(1);
  };
  {
    const std::lock_guard lock(mutex_);
    if (runtime_ != nullptr) {
      runtime_->run_callback(std::move(guarded));
      return;
    }
  }
  guarded();
}

void CallbackExecutor::log_throw(const base::Logger& log, std::string_view what) {
  log.error("a callback threw and was skipped: " + std::string(what));
}

bool CallbackExecutor::may_block() const {
  if (base::fork_generation() != generation_) return false;
  const std::lock_guard lock(mutex_);
  return runtime_ == nullptr || (runtime_->may_block() && !runtime_->on_callback_thread());
}

bool CallbackExecutor::on_callback_thread() const {
  const std::lock_guard lock(mutex_);
  return runtime_ != nullptr && runtime_->on_callback_thread();
}

void CallbackExecutor::detach() {
  const std::lock_guard lock(mutex_);
  runtime_ = nullptr;
}

}  // namespace ottla::client
