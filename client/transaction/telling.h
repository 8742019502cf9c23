#pragma once

#include <mutex>
#include <vector>

#include "client/transaction/transaction_manager.h"

namespace ottla::client {

class TransactionManager::Telling {
 public:
  explicit Telling(TransactionManager& manager) : manager_(manager), lock_(manager.mutex_) {}
  ~Telling() {
    auto tasks = std::exchange(manager_.to_tell_, {});
    lock_.unlock();
    for (auto& task : tasks) task();
  }
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;

 private:
  TransactionManager& manager_;
  std::unique_lock<std::mutex> lock_;
};

}  // namespace ottla::client
