#!/bin/bash
# Check if monitoring services are running
SERVICES="auren-prometheus auren-grafana biometric-production"

for service in $SERVICES; do
    if ! docker ps | grep -q $service; then
        echo "$(date) - $service is down, attempting restart" >> /var/log/auren_monitoring.log
        docker start $service
        
        # Send alert (implement your alerting here)
        # curl -X POST your-alerting-webhook
    fi
done

# Check if metrics are accessible
if ! curl -s http://localhost:8888/metrics > /dev/null; then
    echo "$(date) - Metrics endpoint not responding" >> /var/log/auren_monitoring.log
    docker restart biometric-production
fi

# Check Prometheus targets
DOWN_TARGETS=$(curl -s http://localhost:9090/api/v1/targets | jq '.data.activeTargets[] | select(.health=="down") | .labels.job' | wc -l)
if [ $DOWN_TARGETS -gt 0 ]; then
    echo "$(date) - $DOWN_TARGETS Prometheus targets are down" >> /var/log/auren_monitoring.log
fi
