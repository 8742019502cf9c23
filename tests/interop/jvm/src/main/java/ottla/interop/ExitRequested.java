package ottla.interop;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Thrown where Kafka's code would end the JVM. The last one is remembered for whoever waits, and the
 * first one for who runs a tool: some catch what is thrown, and ask again with another status.
 */
final class ExitRequested extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final AtomicReference<ExitRequested> FIRST = new AtomicReference<>();
    private static final AtomicReference<ExitRequested> LAST = new AtomicReference<>();

    final int status;

    private ExitRequested(int status, String message) {
        super("exit " + status + (message == null ? "" : ": " + message));
        this.status = status;
    }

    static void raise(int status, String message) {
        ExitRequested request = new ExitRequested(status, message);
        FIRST.compareAndSet(null, request);
        LAST.set(request);
        throw request;
    }

    /** The last request, or null; forgets it. */
    static ExitRequested take() {
        FIRST.set(null);
        return LAST.getAndSet(null);
    }

    /** The first request since one was taken, or null; forgets all. */
    static ExitRequested takeFirst() {
        LAST.set(null);
        return FIRST.getAndSet(null);
    }
}
